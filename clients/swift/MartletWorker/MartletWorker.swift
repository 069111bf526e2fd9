internal import ServiceLifecycle

/// Runs tasks of some kinds for a server: one stream, any number of handlers at once.
///
/// ```swift
/// var handlers = TaskHandlers()
/// handlers.register("mail.send", json: { (mail: Mail, context) in try await send(mail) })
/// let worker = MartletWorker(handlers, of: try MartletClient(), name: "mailer", slots: 8)
/// try await worker.runUntilSignal()
/// ```
///
/// When the connection is lost, handlers run on; the worker comes back under the same instance and
/// keeps their leases. What was not acknowledged is said again. A handler may block its thread:
/// leases are renewed all the same.
public final class MartletWorker: Sendable {
  let client: MartletClient
  let configuration: Configuration
  let driver: WorkerDriver

  /// Connects when it is run.
  ///
  /// - Parameters:
  ///   - handlers: What it does for each kind; at least one.
  ///   - client: Of the server that it works for.
  ///   - name: For people, 1 to 63 bytes; many workers may share it.
  ///   - slots: How many attempts it makes at once: 1 to 10,000.
  ///   - configuration: All the rest.
  public init(
    _ handlers: TaskHandlers, of client: MartletClient, name: String, slots: Int = 4,
    configuration: Configuration = .init()
  ) {
    self.client = client
    self.configuration = configuration
    driver = WorkerDriver(
      handlers: handlers,
      hello: API.WorkerHello(
        name: name, instance: configuration.instance, kinds: handlers.kinds,
        pools: configuration.pools, labels: configuration.labels,
        slots: Int32(clamping: max(1, min(slots, 10_000)))),
      configuration: configuration)
  }

  /// Takes tasks and runs them until `drain` or `shutdown` has let it end, or its Swift task is
  /// cancelled, which is a shutdown without grace. To be called once.
  ///
  /// As a `Service` in a `ServiceGroup` it shuts down with the group.
  ///
  /// Throws `MartletError` when the server does not want it, for example because a kind's name is
  /// none (`.fieldInvalid`). A server that is not there is tried again and again.
  public func run() async throws {
    let work = WorkerStream(client.workers, driver, configuration)
    let timer = WorkerTimer(every: configuration.tick) { [driver] in driver.tick() }
    // A task of its own: what a cancelled one has to say is said, too.
    let running = Task(executorPreference: client.workers.executor) { try await work.run() }
    let result = await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await running.result
      } onGracefulShutdown: { [self] in
        shutdown()
      }
    } onCancel: {
      driver.shutdown(grace: .zero)
    }
    withExtendedLifetime(timer) {}
    driver.stopAll()
    try result.get()
  }

  /// Takes no more tasks; `run` returns when the last one has ended and that is acknowledged.
  public func drain() { driver.drain() }

  /// The same, but not for ever: handlers that still run after `grace` are told to stop
  /// (`TaskStop.Cause.stopping`), may save a checkpoint, and are given back; those that do not stop
  /// within five seconds are given back all the same. May be called again with a shorter grace.
  public func shutdown(grace: Duration? = nil) {
    driver.shutdown(grace: grace ?? configuration.grace)
  }
}
