"""rpc-interop-server, as a process of its own."""

import subprocess

from support.server import PATIENCE, binary


class OurInteropServer:
    """Serves a port of the loopback from `start` to `stop`; the port stays."""

    def __init__(self, *options):
        self._options = options
        self._process = None
        self.port = 0

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self._process = subprocess.Popen(
            [binary("rpc-interop-server"), "--port", str(self.port), *map(str, self._options)],
            stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        assert line.startswith("listening on "), line
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def stop(self):
        """Asks it to end, and returns when it has."""
        self._process.terminate()
        assert self._process.wait(PATIENCE) == 0
        self._process.stdout.close()

    def kill(self):
        if self._process.returncode is None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
