"""A TCP proxy that counts bytes: what nobody tells a client, such as whether a message came
compressed, shows in its size."""

import socket
import threading


class CountingProxy:
    """`with CountingProxy(port) as proxy:` passes what comes to `proxy.port` on to `port`."""

    def __init__(self, port):
        self.sent = 0
        self.received = 0
        self._upstream = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for one in [self._listener, *self._open]:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def counted(self, action):
        """What the action returns, and the bytes sent to the server and received from it
        meanwhile."""
        sent, received = self.sent, self.received
        result = action()
        return result, self.sent - sent, self.received - received

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._upstream))
            self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source, sink, is_request):
        try:
            while data := source.recv(1 << 16):
                if is_request:
                    self.sent += len(data)
                else:
                    self.received += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
