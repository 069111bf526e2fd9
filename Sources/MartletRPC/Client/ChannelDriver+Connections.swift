internal import Glibc
internal import MartletHTTP2
internal import NIOCore
internal import NIOPosix

/// Doing what the machine decides about connections, and telling it what became of them.
extension ChannelDriver {
  /// `reason`: why a connection is there no more, or none is to be had.
  func perform(_ effects: [ChannelMachine.Effect], because reason: String? = nil) {
    record.note(machine, because: reason, at: loop.now)
    for effect in effects { perform(effect) }
    ready = ContiguousArray(machine.ready.compactMap { connections[$0] })
    if effects.contains(.sendWaiting) { roomAppeared() }
    armTimer()
  }

  private func perform(_ effect: ChannelMachine.Effect) {
    switch effect {
    case .resolve: resolve()
    case .connect(let id, let address, let timeout): connect(id, to: address, timeout: timeout)
    case .drain(let id):
      guard let connection = connections.removeValue(forKey: id) else { return }
      draining.append(connection)
      connection.drain()
    case .sendWaiting: break  // when `ready` is up to date
    case .failWaiting(let reason):
      let status = RPCStatus(code: .unavailable, message: reason)
      for call in queue.takeImpatient() { call.attemptFailed(status) }
    }
  }

  func resolved(_ addresses: [RPCAddress], _ reason: String) {
    let hasWaitingCalls = queue.hasWaitingCalls
    perform(
      addresses.isEmpty
        ? machine.resolveFailed(reason: reason, at: loop.now, hasWaitingCalls: hasWaitingCalls)
        : machine.resolved(addresses, at: loop.now, hasWaitingCalls: hasWaitingCalls),
      because: addresses.isEmpty ? reason : nil)
  }

  /// One timer for everything that the machine waits for.
  private func armTimer() {
    guard let deadline = machine.nextDeadline else { return }
    if let timer {
      guard deadline < timer.at else { return }
      timer.scheduled.cancel()
    }
    let scheduled = loop.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(deadline)) {
      self.timer = nil
      self.loop.duringTurn {
        self.perform(
          self.machine.timePassed(
            at: self.loop.now, hasWaitingCalls: self.queue.hasWaitingCalls))
      }
      self.loop.runTurn()
    }
    timer = (deadline, scheduled)
  }

  // MARK: Idleness

  /// From now on the channel is idle; closes the connections when it has been for long.
  func noCallsLeft() {
    guard let timeout = configuration.idleTimeout else { return }
    idleSince = loop.now
    if idleTimer == nil {
      scheduleIdleCheck(after: UInt64(clamping: max(1, timeout.nanosecondsClamped)))
    }
  }

  private func scheduleIdleCheck(after delay: UInt64) {
    idleTimer = loop.eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: delay))) {
      self.idleTimer = nil
      self.checkIdle()
      self.loop.runTurn()
    }
  }

  private func checkIdle() {
    guard activeCalls == 0, let timeout = configuration.idleTimeout else { return }
    let needed = UInt64(clamping: max(1, timeout.nanosecondsClamped))
    let passed = loop.now &- idleSince
    if passed >= needed {
      loop.duringTurn { perform(machine.becameIdle(), because: "no calls for long") }
    } else {
      scheduleIdleCheck(after: needed - passed)
    }
  }

  // MARK: Connecting

  private func connect(_ id: Int, to address: RPCAddress, timeout: UInt64) {
    let limit = TimeAmount.nanoseconds(Int64(clamping: timeout))
    // One that has no record is gone from the machine, too, which waits for nothing then.
    guard let subchannel = record.subchannels[id] else { return }
    do {
      let connection = try ClientConnection(driver: self, id: id, record: subchannel)
      connections[id] = connection
      let bootstrap = ClientBootstrap(group: loop.eventLoop)
        .connectTimeout(limit)
        .channelOption(.recvAllocator, value: SocketOptions.receiveAllocator)
        .channelOption(.maxMessagesPerRead, value: 1)
        .channelOption(.writeBufferWaterMark, value: SocketOptions.writeWaterMark)
        .channelInitializer { [configuration, host] channel in
          channel.eventLoop.makeCompletedFuture {
            try configuration.transportSecurity.install(channel, host)
            try channel.pipeline.syncOperations.addHandler(connection)
          }
        }
      watch(connect(bootstrap, to: address), connection, limit)
    } catch {
      connectFailed(id, reason: "cannot start a connection: \(error)")
    }
  }

  private func connect(
    _ bootstrap: ClientBootstrap, to address: RPCAddress
  ) -> EventLoopFuture<any Channel> {
    switch address {
    case .tcp(let host, let port):
      var bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
      if keepaliveInterval != nil {
        // The kernel, too, gives up what is not acknowledged (gRPC's A18).
        let milliseconds = configuration.keepaliveTimeout.nanosecondsClamped / 1_000_000
        bootstrap = bootstrap.channelOption(
          .tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: .init(clamping: milliseconds))
      }
      if let literal = try? SocketAddress(ipAddress: host, port: port) {
        return bootstrap.connect(to: literal)
      }
      return bootstrap.connect(host: host, port: port)
    case .unix(let path):
      return bootstrap.connect(unixDomainSocketPath: path)
    case .inProcess(let name):
      do {
        return bootstrap.withConnectedSocket(try InProcessListener.connect(to: name))
      } catch {
        return loop.eventLoop.makeFailedFuture(error)
      }
    }
  }

  private func watch(
    _ future: EventLoopFuture<any Channel>, _ connection: ClientConnection, _ limit: TimeAmount
  ) {
    future.whenComplete { result in
      self.loop.execute {
        switch result {
        case .failure(let error):
          self.draining.removeAll { $0 === connection }
          if self.connections[connection.id] === connection {
            self.connections[connection.id] = nil
            self.connectFailed(
              connection.id, reason: "cannot connect to \(self.target): \(Self.explain(error))")
          }
          self.finishClosing()
        case .success(let channel):
          guard self.connections[connection.id] === connection, !self.machine.isClosed else {
            channel.close(promise: nil)
            return
          }
          self.expectSettings(from: connection, limit)
        }
      }
    }
  }

  /// The server's first frame must come in time as well.
  private func expectSettings(from connection: ClientConnection, _ limit: TimeAmount) {
    loop.eventLoop.scheduleTask(in: limit) { [weak connection] in
      guard let connection, !connection.isReady,
        self.connections[connection.id] === connection
      else { return }
      connection.closeNow(
        connection.isHandshaking
          ? "\(self.target) did not finish the TLS handshake in time"
          : "\(self.target) does not speak HTTP/2")
      self.loop.runTurn()
    }
  }

  private func connectFailed(_ id: Int, reason: String) {
    perform(
      machine.connectFailed(
        id, reason: reason, at: loop.now, hasWaitingCalls: queue.hasWaitingCalls),
      because: reason)
  }

  static func explain(_ error: any Error) -> String {
    switch error {
    case let error as IOError: error.words
    case let error as NIOConnectionError:
      if let last = error.connectionErrors.last {
        explain(last.error)
      } else {
        "no address for \(error.host)"
      }
    case ChannelError.connectTimeout: "no answer in time"
    default: "\(error)"
    }
  }

  // MARK: From connections

  func connectionReady(_ connection: ClientConnection) {
    guard connections[connection.id] === connection else { return connection.drain() }
    perform(machine.connected(connection.id, at: loop.now))
  }

  /// The connection finishes the calls that it has; new ones need another.
  func connectionDraining(_ connection: ClientConnection) {
    guard connections[connection.id] === connection else { return }
    connections[connection.id] = nil
    draining.append(connection)
    connectionEnded(connection, reason: "\(target) refused the connection")
  }

  func connectionClosed(_ connection: ClientConnection, reason: String) {
    draining.removeAll { $0 === connection }
    if connections[connection.id] === connection {
      connections[connection.id] = nil
      connectionEnded(connection, reason: reason)
    }
    finishClosing()
  }

  private func connectionEnded(_ connection: ClientConnection, reason: String) {
    guard connection.isReady else { return connectFailed(connection.id, reason: reason) }
    perform(
      machine.connectionEnded(
        connection.id, hadCalls: connection.hadCalls, reason: reason, at: loop.now,
        hasWaitingCalls: queue.hasWaitingCalls),
      because: reason)
  }
}
