/// A way in which the reference worker breaks a rule.
enum Flaw: String, CaseIterable, Sendable {
  // Hello
  case helloSecond, helloTwice, nameEmpty, instanceEmpty, kindMissing, noSlots, holdsAtStart
  case instanceFixed
  // Running
  case payloadAsText, refusesEmpty, noContentType, failureWithoutReason, failureAsResult
  case failureStopsAll, oneAtATime, finishTwice, finishEmpty, ignoresUnknownKind, runsAgain
  // Credit and accepts
  case noCredit, creditOnFirstStreamOnly, creditNotReturned, creditNotReturnedAfterFailure
  case creditNotReturnedAfterLoss, creditNegative, creditTooMuch, receivedTooMuch
  case acceptsLate, acceptsFirstOnly, doesNotAccept, acceptsStranger, ignoresRefusedAccept
  // Beats
  case noBeats, beatsAllTheTime, beatsForFirst, beatsOneByOne, beatsAtOwnInterval, beatsForEnded
  case beatsForStranger, blocks, noProgress, firstProgressOnly, percentTooLarge, noLogLines
  // Checkpoints
  case noCheckpoints, sequenceStays, beginsAnew, sequenceBeginsAnew, forgetsCheckpoint
  case problemStopsAll, ignoresPause, releasesBeforeSaving
  // Finishes
  case forgetsFinish, doesNotHoldFinish, repeatsAcknowledged, repeatsRefused, repeatsOnce
  // Directives
  case ignoresCancel, cancelsAtBeat, cancelsAll, answersUnknownCancel, cancelChangesFinish
  case ignoresLoss, cancelsUnknownDirective
  // Streams
  case doesNotReturn, newInstanceOnReturn, holdsNothingOnReturn, restartsOnReturn
  case ignoresLostInWelcome, doublesStream, hammers, slowsDownForGood, needsServerAtStart
  // Pings and the unknown
  case noPong, noPongWhenBusy, noPing, waitsForEver, failsOnEmptyMessage, failsOnUnknownAck
  case readsOneField
  // The end
  case ignoresTermination, endsAtOnce, exitsWithOne, doesNotDrain, stopsUnsaved, abandonsOffer

  /// The scenarios that must find it.
  var scenarios: [String] {
    Self.found.filter { $0.value.contains(self) }.map(\.key).sorted()
  }

  /// For each scenario the flaws that it finds.
  static let found: [String: [Flaw]] = [
    "hello-first": [.helloSecond],
    "hello-name": [.nameEmpty],
    "hello-instance": [.instanceEmpty],
    "hello-kinds": [.kindMissing],
    "hello-slots": [.noSlots],
    "hello-holds-nothing": [.holdsAtStart],
    "hello-once": [.helloTwice],
    "instance-new": [.instanceFixed],
    "payload-intact": [.payloadAsText],
    "payload-empty": [.refusesEmpty],
    "payload-large": [.payloadAsText],
    "content-type": [.noContentType],
    "failure-said": [.failureWithoutReason, .failureAsResult],
    "failure-harmless": [.failureStopsAll],
    "kinds-side-by-side": [.oneAtATime],
    "many-once": [.finishTwice, .creditNotReturned],
    "kind-not-served": [.ignoresUnknownKind],
    "same-lease-once": [.runsAgain],
    "same-lease-kept": [.runsAgain],
    "finish-whole": [.finishEmpty],
    "credit-said": [.noCredit],
    "credit-again": [.creditOnFirstStreamOnly],
    "credit-fills": [.oneAtATime],
    "credit-returns": [.creditNotReturned],
    "credit-returns-failed": [.creditNotReturnedAfterFailure],
    "credit-range": [.creditNegative],
    "credit-free": [.creditTooMuch],
    "credit-held": [.creditTooMuch],
    "credit-received": [.receivedTooMuch],
    "accept-soon": [.acceptsLate],
    "accept-many": [.acceptsFirstOnly],
    "accept-before-finish": [.doesNotAccept],
    "accept-offered": [.acceptsStranger],
    "accept-slots": [.creditTooMuch],
    "accept-late": [.ignoresRefusedAccept],
    "beat-interval": [.noBeats],
    "beat-not-hammered": [.beatsAllTheTime],
    "beat-each": [.beatsForFirst],
    "beat-together": [.beatsOneByOne],
    "beat-new-interval": [.beatsAtOwnInterval],
    "beat-none-ended": [.beatsForEnded],
    "beat-known": [.beatsForStranger],
    "beat-through-stubborn": [.blocks],
    "progress-said": [.noProgress],
    "progress-newest": [.firstProgressOnly],
    "progress-range": [.percentTooLarge],
    "log-lines": [.noLogLines],
    "checkpoint-saved": [.noCheckpoints],
    "checkpoint-rises": [.sequenceStays],
    "checkpoint-taken": [.beginsAnew],
    "checkpoint-counts-on": [.sequenceBeginsAnew],
    "checkpoint-repeated": [.forgetsCheckpoint],
    "checkpoint-refused": [.problemStopsAll],
    "pause-saves": [.ignoresPause, .releasesBeforeSaving],
    "pause-goes-on": [.beginsAnew],
    "finish-repeated": [.forgetsFinish],
    "finish-holds": [.forgetsFinish, .doesNotHoldFinish],
    "finish-repeated-twice": [.repeatsOnce],
    "finish-acknowledged": [.repeatsAcknowledged],
    "finish-refused": [.repeatsRefused],
    "finish-problem": [.problemStopsAll],
    "cancel-heard": [.ignoresCancel],
    "cancel-without-beat": [.cancelsAtBeat],
    "cancel-one": [.cancelsAll],
    "cancel-unknown": [.cancelsAll, .answersUnknownCancel],
    "cancel-again": [.cancelChangesFinish],
    "cancel-after-finish": [.cancelChangesFinish],
    "lost-stops": [.ignoresLoss],
    "lost-frees": [.creditNotReturnedAfterLoss],
    "pause-without-checkpoint": [.ignoresPause],
    "stubborn-delays-nothing": [.blocks],
    "stubborn-fenced": [.ignoresLoss],
    "return-reset": [.doesNotReturn, .holdsNothingOnReturn],
    "return-closed": [.doesNotReturn],
    "return-goaway": [.doesNotReturn],
    "return-unavailable": [.doesNotReturn],
    "return-internal": [.doesNotReturn],
    "return-ok": [.doesNotReturn],
    "return-instance": [.newInstanceOnReturn],
    "return-holds": [.holdsNothingOnReturn],
    "return-goes-on": [.restartsOnReturn],
    "return-beats": [.noBeats],
    "return-finishes": [.forgetsFinish],
    "return-lost": [.ignoresLostInWelcome],
    "one-stream": [.doublesStream],
    "backoff-refused": [.hammers],
    "backoff-unavailable": [.hammers],
    "backoff-superseded": [.hammers],
    "backoff-returns": [.doesNotReturn],
    "backoff-forgotten": [.slowsDownForGood],
    "start-without-server": [.needsServerAtStart],
    "ping-answered": [.noPong],
    "ping-while-busy": [.noPongWhenBusy],
    "ping-sent": [.noPing],
    "silence-ends": [.waitsForEver],
    "half-open": [.waitsForEver],
    "unknown-fields": [.failsOnEmptyMessage],
    "unknown-directive": [.cancelsUnknownDirective],
    "unknown-ack": [.failsOnUnknownAck],
    "empty-message": [.failsOnEmptyMessage],
    "all-at-once": [.readsOneField],
    "stop-idle": [.ignoresTermination, .exitsWithOne],
    "stop-draining": [.doesNotDrain],
    "stop-finishes": [.endsAtOnce],
    "stop-saves": [.stopsUnsaved],
    "stop-waits": [.endsAtOnce],
    "stop-crossing": [.abandonsOffer],
    "stop-unconnected": [.ignoresTermination],
  ]
}
