"""`martlet worker run` as a test's own process."""

import os
import signal
import subprocess

from support.client import TIMEOUT
from support.server import binary


class ProgramWorker:
    """A worker that runs `script` with /bin/sh for tasks of the kind `program`."""

    def __init__(self, server, folder, script, *options, kinds=("program",)):
        self.script = folder / "program.sh"
        self.script.write_text("#!/bin/sh\n" + script)
        self.script.chmod(0o755)
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        words = [word for kind in kinds for word in ("--kind", kind)]
        self.process = subprocess.Popen(
            [binary("martlet"), "worker", "run", *words, *map(str, options), "--", self.script],
            env={**os.environ, "MARTLET_SERVER": server.address, "TMPDIR": str(self.scratch)},
            stderr=subprocess.PIPE, text=True)
        # Said when the server knows it.
        assert " serves " in self.process.stderr.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(TIMEOUT)
        self.process.stderr.close()

    def terminate(self):
        """As an operator stops it; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(TIMEOUT)

    def leftovers(self):
        """Files of attempts."""
        return list(self.scratch.iterdir())


def commands():
    """The command lines of all processes."""
    lines = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    lines.append(file.read().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                pass
    return lines
