"""Clients that connect, open a stream, and leave.

    python -m support.connections PORT COUNT

Each connection has a call of `Hold` open, whose headers have come, when it goes: every other one
by closing, the rest by a reset.
"""

import socket
import struct
import sys

from support.frames import HEADERS, PREFACE, SETTINGS, FrameReader, block, frame, request

OPENING = PREFACE + frame(SETTINGS) + request(1, block(path=b"/martlet.echo.v1.Echo/Hold"))
RESET = struct.pack("ii", 1, 0)


def come_and_go(port, count):
    for number in range(count):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(OPENING)
            reader = FrameReader(connection)
            while reader.next()[0] != HEADERS:
                pass
            if number % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


if __name__ == "__main__":
    come_and_go(int(sys.argv[1]), int(sys.argv[2]))
