"""Measures the RPC runtime beside its peers; scripts/bench-rpc builds what this runs.

Each number is the median of rounds in which all servers take their turns, so that a machine that
is busy with other things is so for all of them. The measure is the CPU time of the server for each
request: requests a second say more about the load generator beside it.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import struct
import subprocess
import sys
import tempfile

from load import (codec_sample, echo_request, framed, h2load, idle_connection_bytes,
                  repeat_request)
from servers import Server

OURS, OURS_TLS = "martlet", "martlet, TLS"
SWIFT, CPP, NGHTTPD = "grpc-swift-2", "gRPC C++", "nghttpd"
ECHO = "/martlet.echo.v1.EchoService/Echo"
REPEAT = "/martlet.echo.v1.EchoService/Repeat"
# Connections, streams each, and requests of ours in a round; slower ones get fewer.
SHAPES = {"c10_m100": (10, 100, 600_000), "c50_m10": (50, 10, 400_000), "c1_m1": (1, 1, 20_000)}
SHARE = {SWIFT: 0.1, CPP: 0.4}


class Bench:
    def __init__(self, options):
        self.options = options
        self.values = {}
        self.folder = tempfile.mkdtemp(prefix="bench-rpc-")
        self.body = self.write("echo", framed(echo_request()))
        self.rounds = 1 if options.short else options.rounds

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def note(self, name, values):
        self.values[name] = {
            "value": statistics.median(values), "lowest": min(values), "highest": max(values)}
        print(f"  {name}: {statistics.median(values):.4g}", file=sys.stderr, flush=True)

    def ours(self, **more):
        return Server(OURS, [self.options.echo_server, "--metrics", "--port", "PORT"], ECHO,
                      self.body, **more)

    def servers(self):
        servers = [self.ours(), self.tls_server()]
        if self.options.grpc_swift:
            servers.append(Server(SWIFT, [self.options.grpc_swift, "PORT"], ECHO, self.body))
        if self.options.grpc_cpp:
            servers.append(Server(CPP, [self.options.grpc_cpp, "PORT"], ECHO, self.body))
        self.write("x", b"a" * 44)
        servers.append(Server(
            NGHTTPD, ["nghttpd", "-n", "2", "--no-tls", "-d", self.folder, "PORT"], "/x"))
        return servers

    def tls_server(self):
        key, certificate = (os.path.join(self.folder, name) for name in ("key.pem", "cert.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return Server(
            OURS_TLS, [self.options.echo_server, "--metrics", "--port", "PORT", "--tls-cert",
                       certificate, "--tls-key", key], ECHO, self.body, tls=True)

    def scaled(self, count, server=None):
        share = SHARE.get(server.name, 1) if server else 1
        return max(100, int(count * share * (0.01 if self.options.short else 1)))

    # Rows

    def requests(self):
        with contextlib.ExitStack() as running:
            servers = [running.enter_context(server) for server in self.servers()]
            for shape in self.options.shapes.split(","):
                connections, streams, count = SHAPES[shape]
                taken = {server.name: [] for server in servers}
                for _ in range(self.rounds):
                    for server in servers:
                        number = self.scaled(count, server) // connections * connections
                        before = server.cpu_seconds()
                        h2load(server, connections, streams, number)
                        used = server.cpu_seconds() - before
                        taken[server.name].append(used * 1e6 / number)
                for name, values in taken.items():
                    self.note(f"{shape} {name}", values)

    def streams(self):
        count = self.scaled(100_000)
        body = self.write("repeat", framed(repeat_request(count, 16)))
        with self.ours() as server:
            server.path = REPEAT
            rates = []
            for _ in range(self.rounds):
                took = h2load(server, 10, 10, 100, body, ("-w", "24", "-W", "28"))
                rates.append(100 * count / took)
            self.note("stream_events_per_s", rates)

    def client(self):
        calls = self.scaled(300_000)
        with self.ours() as server:
            for name, kind in ("client_call_us", "client"), ("client_call_us on its loop", "loop"):
                self.note(name, [
                    self.number(self.options.rpc_bench, kind, f"127.0.0.1:{server.port}",
                                calls, 100) for _ in range(self.rounds)])

    def codec(self):
        sample, times = codec_sample().hex(), self.scaled(5_000_000)
        ours, theirs = [], []
        for _ in range(self.rounds):
            ours.append(self.number(self.options.rpc_bench, "codec", sample, times))
            if self.options.protobuf_codec:
                theirs.append(self.number(self.options.protobuf_codec, sample, times))
        self.note("codec_ns", ours)
        if theirs:
            self.note("codec_ns swift-protobuf", theirs)

    def number(self, *command):
        output = subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, check=True).stdout
        return float(output)

    def idle_connections(self):
        with self.ours() as server:
            h2load(server, 10, 100, 10_000)
            count = 500 if self.options.short else 5_000
            self.note("idle_connection_bytes", [idle_connection_bytes(server, count)])

    def allocations(self):
        counter = os.path.join(self.folder, "count")
        library = os.path.join(self.folder, "malloc_count.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "malloc_count.c")
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
        environment = {"MALLOC_COUNT_FILE": counter, "LD_PRELOAD": library}
        with self.ours(environment=environment) as server:
            h2load(server, 10, 100, 20_000)
            before = self.count(counter)
            number = self.scaled(200_000) // 10 * 10
            h2load(server, 10, 100, number)
            # Ten connections came and went.
            self.note("allocations_per_call", [(self.count(counter) - before) / number])

    def count(self, path):
        with open(path, "rb") as file:
            return struct.unpack("=Q", file.read(8))[0]

    # Report

    def ratio(self, name, of):
        mine, theirs = self.values.get(name), self.values.get(of)
        return theirs["value"] / mine["value"] if mine and theirs else None

    def report(self):
        main = f"c10_m100 {OURS}"
        # Name, value, reach, aim, and whether more is better.
        rows = [
            ("CPU/request -c 10 -m 100, us", self.value(main), 2.6, 1.8, False),
            ("the same over TLS, us", self.value(f"c10_m100 {OURS_TLS}"), 2.8, 2.0, False),
            ("times less than grpc-swift-2", self.ratio(main, f"c10_m100 {SWIFT}"), 30, 30, True),
            ("times less than gRPC C++", self.ratio(main, f"c10_m100 {CPP}"), 5, 5, True),
            ("CPU/request -c 1 -m 1, us", self.value(f"c1_m1 {OURS}"), 40, 30, False),
            ("our client, CPU/call, us", self.value("client_call_us"), 5, 2.5, False),
            ("the same from tasks on its loop, us", self.value("client_call_us on its loop"),
             5, 2.5, False),
            ("stream events delivered/s", self.value("stream_events_per_s"), 3e6, 7e6, True),
            ("message there and back, ns", self.value("codec_ns"), 220, 180, False),
            ("times faster than swift-protobuf", self.ratio("codec_ns", "codec_ns swift-protobuf"),
             1.4, 1.4, True),
            ("RAM of an idle connection, bytes", self.value("idle_connection_bytes"),
             32_000, 12_000, False),
            ("allocations per unary call", self.value("allocations_per_call"), 10, 3, False),
        ]
        print(f"\n{'what':36} {'value':>12} {'reach':>10} {'aim':>10}  state")
        for name, value, reach, aim, more in rows:
            if value is None:
                continue
            meets = (lambda bound: value >= bound) if more else (lambda bound: value <= bound)
            state = "aim" if meets(aim) else "reach" if meets(reach) else "below"
            print(f"{name:36} {value:12,.2f} {reach:10,g} {aim:10,g}  {state}")
        print("\nCPU of the server per request, us (lowest to highest):")
        for name, value in self.values.items():
            if name.split(" ")[0] in SHAPES:
                print(f"  {name:24} {value['value']:8.2f}  {value['lowest']:.2f} to "
                      f"{value['highest']:.2f}")

    def value(self, name):
        return self.values[name]["value"] if name in self.values else None


def main():
    parser = argparse.ArgumentParser()
    for name in ("echo-server", "rpc-bench"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("grpc-swift", "grpc-cpp", "protobuf-codec"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", default="requests,streams,client,codec,idle_connections,"
                        "allocations", help="some of: %(default)s")
    parser.add_argument("--shapes", default=",".join(SHAPES), help="some of: %(default)s")
    parser.add_argument("--json", default="bench-rpc.json")
    bench = Bench(parser.parse_args())
    print(f"{platform.platform()}, {os.cpu_count()} CPUs, load {os.getloadavg()}")
    for row in bench.options.only.split(","):
        getattr(bench, row)()
    bench.report()
    with open(bench.options.json, "w") as file:
        json.dump(bench.values, file, indent=2)


if __name__ == "__main__":
    main()
