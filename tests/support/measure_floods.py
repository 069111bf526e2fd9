"""What one client's flood costs another: the time of its calls, and the server's memory.

    python -m support.measure_floods --server FOLDER [--seconds 10] [--only NAME,…] [--json FILE]

The other client makes a call every two milliseconds over four connections, so that all event loops
of the server are asked: first alone, then under each flood, then beside processes that burn as much
CPU as the flood took, attacker and server together.
"""

import argparse
import csv
import json
import multiprocessing
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from support.floods import FLOODS
from support.frames import PREFACE, SETTINGS, WINDOW, FrameReader, block, frame, request
from support.rpc import EchoServer

CONNECTIONS = 4
PAUSE = 0.002
RSS_GROWTH_MAX = 100 << 20


class EchoConnection:
    """Calls `Echo`, one after the other, with as little work of its own as may be."""

    _header_block = block()
    _message = bytes(44)

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # More than a measurement receives.
        allowance = frame(WINDOW, payload=struct.pack(">I", 1 << 30))
        self._socket.sendall(PREFACE + frame(SETTINGS) + allowance)
        self._reader = FrameReader(self._socket)
        self._stream = -1

    def call(self):
        """Seconds that the call took."""
        self._stream += 2
        start = time.perf_counter()
        self._socket.sendall(request(self._stream, self._header_block, self._message))
        self._reader.wait_for_end(self._stream)
        return time.perf_counter() - start

    def close(self):
        self._socket.close()


class Caller:
    """The other client."""

    def __init__(self, server):
        self._server = server
        self._connections = [EchoConnection(server.port) for _ in range(CONNECTIONS)]
        self.most_rss = 0

    def measure(self, goes_on):
        """p50 and p99 in milliseconds of the calls made while `goes_on()`."""
        times = []
        self.most_rss = self._server.rss()
        while goes_on():
            for _ in range(25):
                for connection in self._connections:
                    times.append(connection.call())
                    time.sleep(PAUSE)
            self.most_rss = max(self.most_rss, self._server.rss())
        times.sort()
        return {"calls": len(times), **{
            f"p{percent}_ms": round(times[len(times) * percent // 100] * 1e3, 3)
            for percent in (50, 99)}}

    def measure_for(self, seconds):
        end = time.monotonic() + seconds
        return self.measure(lambda: time.monotonic() < end)

    def close(self):
        for connection in self._connections:
            connection.close()


def _burn(share):
    """Uses this share of one CPU until it is ended, in slices of a scheduler's size."""
    while True:
        start = time.monotonic()
        while time.monotonic() - start < 0.004 * share:
            pass
        if share < 1:
            time.sleep(0.004 * (1 - share))


class Burners:
    """Processes that use so many CPUs, and nothing else."""

    def __init__(self, cpus):
        shares = [1.0] * int(cpus) + [cpus - int(cpus)]
        self._processes = [
            multiprocessing.Process(target=_burn, args=(share,), daemon=True) for share in shares]

    def __enter__(self):
        for process in self._processes:
            process.start()

    def __exit__(self, *_):
        for process in self._processes:
            process.terminate()
            process.join()


class FloodMeasurement:
    """One server and one other client, for all floods."""

    def __init__(self, folder=None):
        self.server = EchoServer(folder=folder)
        # What the first calls allocate is no growth.
        for _ in range(200):
            self.server.call(bytes(100_000))
        self._caller = Caller(self.server)
        self._caller.measure_for(0.5)

    def idle(self, seconds):
        start = self.server.cpu_seconds()
        outcome = self._caller.measure_for(seconds)
        self._idle_cpus = (self.server.cpu_seconds() - start) / seconds
        return outcome

    def flood(self, name, seconds):
        """One row of the table."""
        descriptors, rss = self.server.descriptors(), self.server.rss()
        cpu, start = self.server.cpu_seconds(), time.monotonic()
        attacker = subprocess.Popen(
            [sys.executable, "-m", "support.floods", str(self.server.port), name, str(seconds)],
            cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True)
        under_flood = self._caller.measure(lambda: attacker.poll() is None)
        took = time.monotonic() - start
        outcome = json.loads(attacker.communicate()[0])
        cpus = max(0, (self.server.cpu_seconds() - cpu + outcome["cpu_seconds"]) / took
                   - self._idle_cpus)
        most = self._caller.most_rss
        self.server.call_until(
            lambda: self.server.descriptors() <= descriptors,
            lambda: f"{self.server.descriptors() - descriptors} descriptors more after {name}")
        after = self.server.rss()
        with Burners(min(cpus, os.cpu_count())):
            beside = self._caller.measure_for(seconds)
        return {
            "flood": name, "cpus": round(cpus, 2), "connections": outcome["connections"],
            "calls": under_flood["calls"],
            "flood_p50_ms": under_flood["p50_ms"], "flood_p99_ms": under_flood["p99_ms"],
            "burner_p50_ms": beside["p50_ms"], "burner_p99_ms": beside["p99_ms"],
            "bound_p99_ms": round(2 * beside["p99_ms"] + 5, 3),
            "rss_before_mb": rss >> 20, "rss_most_mb": most >> 20, "rss_after_mb": after >> 20,
        }

    def close(self):
        self._caller.close()
        self.server.end()


def is_within(row):
    return (row["flood_p99_ms"] <= row["bound_p99_ms"]
            and row["rss_most_mb"] - row["rss_before_mb"] < RSS_GROWTH_MAX >> 20)


def table(idle, rows):
    """The rows as Markdown."""
    lines = [
        f"alone: p50 {idle['p50_ms']:.2f} ms, p99 {idle['p99_ms']:.2f} ms", "",
        "| flood | CPUs | p50, p99 beside as much CPU | p50, p99 under it | bound | "
        "RSS before, most, after | |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        lines.append(
            f"| `{row['flood']}` | {row['cpus']:.2f} "
            f"| {row['burner_p50_ms']:.2f}, {row['burner_p99_ms']:.2f} ms "
            f"| {row['flood_p50_ms']:.2f}, {row['flood_p99_ms']:.2f} ms "
            f"| {row['bound_p99_ms']:.2f} ms "
            f"| {row['rss_before_mb']}, {row['rss_most_mb']}, {row['rss_after_mb']} MB "
            f"| {'holds' if is_within(row) else 'BEYOND'} |")
    return "\n".join(lines)


def write(file, idle, rows):
    """As JSON, or as CSV if the name says so."""
    with open(file, "w", newline="") as output:
        if str(file).endswith(".csv"):
            writer = csv.DictWriter(output, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        else:
            json.dump({"idle": idle, "floods": rows}, output, indent=2)


def main():
    parser = argparse.ArgumentParser(prog="scripts/measure-floods")
    parser.add_argument("--server", metavar="FOLDER", help="where rpc-echo-server is")
    parser.add_argument("--seconds", type=float, default=10, help="for each measurement")
    parser.add_argument("--only", help="names of floods, with commas", default=",".join(FLOODS))
    parser.add_argument("--out", metavar="FILE", help="also write the numbers, .json or .csv")
    options = parser.parse_args()
    measurement = FloodMeasurement(options.server)
    try:
        idle = measurement.idle(options.seconds)
        rows = []
        for name in options.only.split(","):
            rows.append(measurement.flood(name, options.seconds))
            print(f"{name}: {json.dumps(rows[-1])}", file=sys.stderr)
    finally:
        measurement.close()
    print(table(idle, rows))
    if options.out and rows:
        write(options.out, idle, rows)


if __name__ == "__main__":
    main()
