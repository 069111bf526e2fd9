import Synchronization
import Testing

@testable import MartletCore
@testable import MartletServer

@Suite("Answer desk")
struct AnswerDeskTests {
  /// Tickets of the answers that were given, in their order.
  private final class Given: Sendable {
    private let tickets = Mutex<[UInt64]>([])

    func answer(_ ticket: UInt64, at revision: UInt64) -> CallAnswer {
      let caller = Caller(place: .anywhere) { reply in
        self.tickets.withLock { $0.append(reply.ticket.rawValue) }
      }
      return CallAnswer(
        caller: caller,
        reply: Reply(
          ticket: Ticket(rawValue: ticket), content: .answer(.done), revision: Revision(revision)))
    }

    var all: [UInt64] { tickets.withLock { $0 } }
  }

  @Test("an answer leaves when its revision is durable, whichever of the two comes first")
  func bothOrders() {
    let (desk, given) = (AnswerDesk(durable: Revision(5)), Given())
    desk.add([given.answer(1, at: 5), given.answer(2, at: 6), given.answer(3, at: 8)])
    #expect(given.all == [1])
    desk.settle(through: Revision(7))
    #expect(given.all == [1, 2])
    desk.settle(through: Revision(9))
    #expect(given.all == [1, 2, 3])
    desk.add([given.answer(4, at: 9), given.answer(5, at: 10)])
    #expect(given.all == [1, 2, 3, 4])
  }

  @Test("each of many answers is given once, while two threads bring and release them")
  func twoThreads() async {
    let (desk, given) = (AnswerDesk(durable: .zero), Given())
    let count: UInt64 = 20_000
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for ticket in 1...count { desk.add([given.answer(ticket, at: ticket)]) } }
      group.addTask {
        for revision in stride(from: 0, through: count, by: 7) {
          desk.settle(through: Revision(revision))
        }
      }
    }
    desk.settle(through: Revision(count))
    #expect(given.all.sorted() == Array(1...count))
  }

  @Test("a ticket gives its caller once, however many were given before")
  func callers() {
    var queue = CallerQueue()
    let caller = Caller(place: .round) { _ in }
    for _ in 0..<3 {
      let tickets = (0..<5_000).map { _ in queue.add(caller) }
      for ticket in tickets {
        #expect(queue.take(ticket)?.isOfRound == true)
        #expect(queue.take(ticket).map { _ in 0 } == nil)
      }
    }
  }
}
