#!/usr/bin/env python3
"""Checks rpc-echo-server with grpcio, a client that is not ours.

    scripts/check-rpc-grpcio.py PORT

Prints one line per check and exits 1 if any fails.
"""
import sys
import threading
import time

import grpc

SERVICE = "/martlet.echo.v1.Echo/"
raw = {"request_serializer": bytes, "response_deserializer": bytes}
failures = 0


def check(name, condition, detail=""):
    global failures
    failures += 0 if condition else 1
    print("ok  " if condition else "FAIL", name, detail)


def status_of(call):
    try:
        call()
        return grpc.StatusCode.OK
    except grpc.RpcError as error:
        return error.code()


def main(port):
    options = [
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
    ]
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
    echo = channel.unary_unary(SERVICE + "Echo", **raw)
    repeat = channel.unary_stream(SERVICE + "Repeat", **raw)
    hold = channel.unary_stream(SERVICE + "Hold", **raw)
    join = channel.stream_unary(SERVICE + "Join", **raw)
    chat = channel.stream_stream(SERVICE + "Chat", **raw)

    check("300 calls in turn", all(echo(b"m%d" % i) == b"m%d" % i for i in range(300)))
    futures = [echo.future(b"f%d" % i) for i in range(1000)]
    check("1,000 calls at once", all(f.result() == b"f%d" % i for i, f in enumerate(futures)))
    check("an empty message", echo(b"") == b"")
    for size in (100, 10_000, 1_000_000, 4 << 20):
        message = bytes(size)
        check(f"a message of {size} bytes", echo(message) == message)
    check(
        "a message over the limit",
        status_of(lambda: echo(bytes((4 << 20) + 1))) == grpc.StatusCode.RESOURCE_EXHAUSTED,
    )
    missing = channel.unary_unary(SERVICE + "Nothing", **raw)
    check("an unknown method", status_of(lambda: missing(b"")) == grpc.StatusCode.UNIMPLEMENTED)
    check("server streaming", list(repeat(b"x", metadata=(("times", "2000"),))) == [b"x"] * 2000)
    check("a deadline that holds", echo(b"d", timeout=5) == b"d")

    stream = repeat(bytes(10_000), metadata=(("times", "1000000"),), timeout=1)
    check("a deadline on an unread stream", status_of(lambda: (time.sleep(1.5), list(stream)))
          == grpc.StatusCode.DEADLINE_EXCEEDED)

    check("client streaming", join(iter([b"a", b"b", b"c" * 100_000])) == b"ab" + b"c" * 100_000)
    parts = [b"%d" % i for i in range(1000)]
    check("bidirectional", list(chat(iter(parts))) == parts)

    ready = threading.Event()

    def held():
        yield b"1"
        ready.wait()

    talk = chat(held())
    check("answers before the requests end", next(talk) == b"1")
    talk.cancel()
    ready.set()
    check("cancelled by the client", talk.code() == grpc.StatusCode.CANCELLED)

    cancelled = 0
    for _ in range(3000):
        call = hold(b"x")
        call.initial_metadata()
        call.cancel()
        cancelled += 1
    check("3,000 cancelled calls and the connection lives", echo(b"still") == b"still")

    big = {"metadata": (("x-big", "v" * 20_000),)}
    check("a header list over the limit", status_of(lambda: echo(b"", **big))
          in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL))
    sys.exit(1 if failures else 0)


main(int(sys.argv[1]))
