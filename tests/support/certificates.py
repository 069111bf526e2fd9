"""Certificates for tests, made by OpenSSL."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@dataclass
class Identity:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path

    @property
    def pem(self):
        return self.key.read_bytes(), self.certificate.read_bytes()


class Authority:
    """An authority for a day, in a folder of its own."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._key = self._folder / "ca.key"
        self.file = self._folder / "ca.pem"
        _openssl("req", "-x509", *KEY, "-days", "1", "-subj", "/CN=Authority",
                 "-keyout", self._key, "-out", self.file)

    @property
    def pem(self):
        return self.file.read_bytes()

    def identity(self, name, names):
        """`names` as OpenSSL has them: `DNS:a,IP:1.2.3.4`."""
        made = Identity(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request = self._folder / f"{name}.csr"
        _openssl("req", *KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}",
                 "-keyout", made.key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key,
                 "-CAcreateserial", "-copy_extensions", "copy", "-days", "1",
                 "-out", made.certificate)
        return made
