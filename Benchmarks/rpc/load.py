"""The load: h2load, and bare connections."""

import re
import resource
import socket
import struct
import subprocess
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def text_field(number, value):
    return varint(number << 3 | 2) + varint(len(value)) + value


def number_field(number, value):
    return varint(number << 3) + varint(value)


def framed(message):
    return b"\0" + struct.pack(">I", len(message)) + message


def echo_request():
    """44 bytes: a text and a number."""
    return text_field(1, b"a" * 32) + number_field(2, (1 << 62) + 12_345)


def codec_sample():
    """59 bytes: two strings and three numbers."""
    return (
        text_field(1, b"b" * 10) + text_field(2, b"c" * 30)
        + number_field(3, 1_234_567) + number_field(4, 77_777) + number_field(5, 123_456))


def repeat_request(count, per_flush):
    """Asks for events of 100 bytes."""
    payload = b"p" * 94
    return number_field(1, count) + number_field(2, per_flush) + text_field(3, payload)


def h2load(server, connections, streams, requests, body=None, windows=()):
    """Runs h2load; returns the seconds that it took. All requests must succeed."""
    command = ["h2load", "-t", "1", "-c", str(connections), "-m", str(streams), "-n",
               str(requests), *windows]
    if body or server.body:
        command += ["-d", body or server.body, "-H", "content-type: application/grpc",
                    "-H", "te: trailers"]
    output = subprocess.run(
        [*command, server.url], capture_output=True, text=True, check=True).stdout
    if f"{requests} succeeded, 0 failed" not in output:
        raise SystemExit(f"{server.name}: not all requests succeeded\n{output}")
    took, unit = re.search(r"finished in ([0-9.]+)(us|ms|s|m)", output).groups()
    return float(took) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[unit]


def idle_connection_bytes(server, count):
    """What `count` connections add to the server's RSS, each, after the preface and settings."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Empty SETTINGS, and the acknowledgement of the server's.
    greeting = PREFACE + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]) + bytes([0, 0, 0, 4, 1, 0, 0, 0, 0])
    before, held = server.rss_bytes(), []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(greeting)
        held.append(connection)
    for connection in held:
        connection.recv(1 << 16)
    time.sleep(1)
    grown = server.rss_bytes() - before
    for connection in held:
        connection.close()
    return grown / count
