internal import MartletRPC

/// The tasks that match a filter, as an asynchronous sequence that fetches page after page.
///
/// Each iteration starts again from the first page.
public struct TaskList: AsyncSequence, Sendable {
  public typealias Element = API.Task

  let runner: CallRunner
  let request: API.ListTasksRequest

  /// The same tasks a page at a time, with the total and the cursor to watch from.
  public var pages: Pages { Pages(runner: runner, request: request) }

  public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var pages: Pages.Iterator
    var page: [API.Task] = []
    var next = 0

    public mutating func next() async throws -> API.Task? {
      while next == page.count {
        guard let fetched = try await pages.next() else { return nil }
        page = fetched.tasks
        next = 0
      }
      defer { next += 1 }
      return page[next]
    }
  }

  /// The pages of a list.
  public struct Pages: AsyncSequence, Sendable {
    public typealias Element = API.ListTasksResponse

    let runner: CallRunner
    let request: API.ListTasksRequest

    public func makeAsyncIterator() -> Iterator { Iterator(runner: runner, request: request) }

    public struct Iterator: AsyncIteratorProtocol {
      let runner: CallRunner
      /// Nil after the last page.
      var request: API.ListTasksRequest?

      public mutating func next() async throws -> API.ListTasksResponse? {
        guard var request else { return nil }
        let page: API.ListTasksResponse = try await runner.unary(
          API.TaskServiceMethods.listTasks, request, repeats: .always)
        request.pageToken = page.nextPageToken
        self.request = page.nextPageToken.isEmpty ? nil : request
        return page
      }
    }
  }
}
