"""The `martlet` program, run as scripts run it."""

import json
import os
import subprocess

from support.server import binary


class Martlet:
    """Runs the program against one server, as one user."""

    def __init__(self, server, home):
        self.server = server
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MARTLET_", "XDG_"))}
        self.environment = {**clean, "MARTLET_SERVER": server.address, "HOME": str(home)}

    def start(self, *words, **options):
        return subprocess.Popen(
            [binary("martlet"), *map(str, words)], env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def run(self, *words, code=0, input=""):
        process = self.start(*words)
        output, errors = process.communicate(input, timeout=120)
        assert process.returncode == code, f"{words}: {process.returncode}\n{output}\n{errors}"
        if code not in (0, 1):
            # One sentence on the standard error, nothing that a script would take for a result.
            assert output == "", output
            assert errors.startswith(("martlet: ", "Error: ")), errors
        return output

    def json(self, *words, **options):
        return json.loads(self.run(*words, "--output", "json", **options))

    def lines(self, *words, **options):
        output = self.run(*words, "--output", "json", **options)
        return [json.loads(line) for line in output.splitlines()]
