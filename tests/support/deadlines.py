"""Calls that only the server ends: of `Hold`, with a deadline of 50 ms, on one connection.

    python -m support.deadlines PORT COUNT

The client does not look at the time, and cancels nothing: it waits for the server to end each.
"""

import socket
import struct
import sys

from support.frames import PREFACE, SETTINGS, WINDOW, FrameReader, block, frame, request

AT_ONCE = 500
HEADER_BLOCK = block((b"grpc-timeout", b"50m"), path=b"/martlet.echo.v1.Echo/Hold")


def call(port, count):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        allowance = frame(WINDOW, payload=struct.pack(">I", 1 << 30))
        connection.sendall(PREFACE + frame(SETTINGS) + allowance)
        reader = FrameReader(connection)
        for first in range(0, count, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count))
            connection.sendall(b"".join(request(2 * n + 1, HEADER_BLOCK) for n in numbers))
            for _ in numbers:
                reader.wait_for_end()


if __name__ == "__main__":
    call(int(sys.argv[1]), int(sys.argv[2]))
