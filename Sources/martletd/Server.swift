import Logging
import MartletCore
import MartletRPC
import MartletRPCServices
import MartletServer
import MartletStore
import MartletStoreSQLite
import UnixSignals

/// One server from start to stop.
struct Server {
  private let settings: Settings
  private let logger: Logger

  init(_ settings: Settings) throws {
    self.settings = settings
    let level = Logger.Level(rawValue: settings.logLevel) ?? .info
    let format: LineLog.Format = settings.logFormat == "json" ? .json : .text
    logger = Logger(label: "martletd") { LineLog(label: $0, format: format, level: level) }
    if !settings.isInsecure, let open = settings.listen.first(where: { !Self.isLocal($0) }) {
      throw Settings.Problem(
        description: "\(open) is not a loopback address and there is no TLS: "
          + "listen on 127.0.0.1, or say --insecure if the network is trusted")
    }
  }

  static func isLocal(_ address: String) -> Bool {
    ["127.", "localhost:", "[::1]:", "unix:"].contains { address.hasPrefix($0) }
  }

  /// Serves until a signal says stop. False if it stopped because a store failed.
  func serve() async throws -> Bool {
    // Before a folder is made that nobody asked for.
    let roots = try fileRoots()
    let store = try open()
    let node = try recovered(store, roots)
    let health = HealthBoard(services: MartletServices.names)
    let server = try await listen(node, health)
    let (ends, end) = AsyncStream.makeStream(of: End.self)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    let listening = Task { await follow(signals, node) { end.yield(.asked) } }
    defer { listening.cancel() }
    await node.start(
      onFailure: { end.yield(.failed($0)) }, onPressure: { server.setReading(!$0) },
      onSubmissions: { health.set($0 ? .serving : .notServing, for: MartletServices.submissions) })
    health.setAll(.serving)
    if !node.takesSubmissions { health.set(.notServing, for: MartletServices.submissions) }
    logger.notice(
      "serving", metadata: ["addresses": "\(server.addresses.joined(separator: " "))"])
    for await reached in ends {
      health.close()
      switch reached {
      case .asked:
        Task {
          await stop(node, server)
          store.close()
          end.yield(.stopped)
        }
      case .stopped:
        logger.notice("stopped")
        return true
      case .failed(let failure):
        // Also while stopping: what waits for the store then would wait for ever.
        logger.critical("\(StartProblem.text(failure, directory: settings.dataDirectory))")
        return false
      }
    }
    return true
  }

  /// What brings a server to its end.
  private enum End: Sendable {
    case asked
    case stopped
    case failed(StoreFailure)
  }

  // MARK: - Start

  private func open() throws -> SQLiteStore {
    do throws(StoreFailure) {
      return try SQLiteStore.open(directory: settings.dataDirectory)
    } catch {
      throw Settings.Problem(
        description: StartProblem.text(error, directory: settings.dataDirectory))
    }
  }

  private func recovered(_ store: SQLiteStore, _ roots: FileRoots) throws -> Node {
    let clock = ContinuousClock()
    let start = clock.now
    let recovery: Recovery
    do throws(Recovery.Problem) {
      recovery = try Recovery(
        log: store.log, index: store.index, limits: settings.limits)
    } catch {
      throw Settings.Problem(
        description: StartProblem.text(error, directory: settings.dataDirectory))
    }
    logger.info(
      "recovered",
      metadata: [
        "live_tasks": "\(recovery.durable.catalog.counters.live)",
        "revision": "\(recovery.durable.catalog.revision.rawValue)",
        "replayed_events": "\(recovery.replayed)", "took": "\(clock.now - start)",
      ])
    return Node(
      recovery: recovery, log: store.log, index: store.index,
      directory: settings.dataDirectory, handlers: handlers(fileRoots: roots),
      limits: settings.limits, logger: logger,
      zones: ZoneFolder(path: settings.zoneinfoDirectory))
  }

  private func handlers(fileRoots: FileRoots) -> HandlerRegistry {
    .standard(
      fileRoots: fileRoots, commands: settings.commands,
      outputBytesMax: settings.limits.resultBytes)
  }

  private func fileRoots() throws -> FileRoots {
    do {
      return try FileRoots(settings.fileRoots)
    } catch {
      throw Settings.Problem(description: "--file-root: \(error)")
    }
  }

  private func listen(_ node: Node, _ health: HealthBoard) async throws -> RPCServer {
    var router = ServerRouter()
    MartletServices.register(in: &router, node: node, health: health)
    if isShown(settings.channelz) { router.add(ChannelzService()) }
    if isShown(settings.reflection) { router.add(ReflectionService(of: router)) }
    var configuration = RPCServerConfiguration(addresses: settings.listen)
    // Waits and feeds are silent for hours: both sides look early whether the other is still there.
    configuration.limits.keepaliveInterval = .seconds(60)
    configuration.limits.keepaliveMinimum = .seconds(5)
    configuration.limits.permitsKeepaliveWithoutCalls = true
    do {
      return try await RPCServer.start(router: router, configuration: configuration)
    } catch {
      let addresses = settings.listen.joined(separator: ", ")
      throw Settings.Problem(
        description: "cannot listen on \(addresses): \(error); "
          + "stop what uses the address, or choose another with --listen")
    }
  }

  /// Whether something for looking inside is served.
  private func isShown(_ choice: String) -> Bool {
    choice == "on" || choice == "auto" && settings.listen.allSatisfy(Self.isLocal)
  }

  // MARK: - Stop

  /// The first signal stops the server, each further one cuts the grace short. One sequence hears
  /// all of them: between two, a signal would be lost or end the process.
  private func follow(
    _ signals: UnixSignalsSequence, _ node: Node, stop: @Sendable () -> Void
  ) async {
    var isStopping = false
    for await signal in signals {
      if isStopping {
        logger.notice("stopping at once")
        node.hurry()
      } else {
        isStopping = true
        logger.notice("stopping", metadata: ["signal": "\(signal)"])
        stop()
      }
    }
  }

  private func stop(_ node: Node, _ server: RPCServer) async {
    let grace = Span.milliseconds(Int64(settings.limits.stopGraceMilliseconds))
    let closing = Task {
      await server.shutdownGracefully(grace: .nanoseconds(grace.nanoseconds) + .seconds(2))
    }
    await node.stop(grace: grace)
    await closing.value
  }
}
