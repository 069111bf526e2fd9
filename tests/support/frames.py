"""HTTP/2 frames by hand, for clients that do what no library does."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) \
        + struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def block(*more, path=b"/martlet.echo.v1.Echo/Echo"):
    """A request's header block: POST, http, a path, and what is given."""
    fields = [(b":path", path), (b":authority", b"x"), (b"content-type", b"application/grpc"),
              *more]
    return b"\x83\x86" + b"".join(literal(*field) for field in fields)


def request(stream, header_block, message=b""):
    """The frames of a whole call with one message."""
    return frame(HEADERS, END_HEADERS, stream, header_block) + frame(
        DATA, END_STREAM, stream, b"\0" + struct.pack(">I", len(message)) + message)


class FrameReader:
    """The frames that come from a socket."""

    def __init__(self, connection):
        self._connection = connection
        self._unread = b""

    def next(self):
        """(kind, flags, stream); fails when the server has closed."""
        while True:
            unread = self._unread
            if len(unread) >= 9:
                end = 9 + int.from_bytes(unread[:3], "big")
                if len(unread) >= end:
                    self._unread = unread[end:]
                    return unread[3], unread[4], int.from_bytes(unread[5:9], "big")
            data = self._connection.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the server has closed")
            self._unread += data

    def wait_for_end(self, stream=None):
        """Returns when this stream, or any, has been ended by headers."""
        while True:
            kind, flags, number = self.next()
            if kind == HEADERS and flags & END_STREAM and stream in (None, number):
                return
