"""Signs the certificates of a test, and tells who asked a server."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from peer import Exchange


def pem_of(key: Any, form: str = "TraditionalOpenSSL") -> bytes:
    """A private key in one of its forms: TraditionalOpenSSL is PKCS 1 or SEC 1."""
    out: bytes = key.private_bytes(serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), serialization.NoEncryption())
    return out


class Authority:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.pem = self.sign("authority", self._key.public_key(), authority=True)

    def sign(self, name: str, public: Any, authority: bool = False) -> bytes:
        now = datetime.now(timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            names = [x509.DNSName("example.com"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            both = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def user(self, name: str) -> tuple[bytes, bytes]:
        """A certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self.sign(name, key.public_key()), pem_of(key)

    def server(self, directory: Path) -> ssl.SSLContext:
        """The settings of a server that asks for certificates of the authority, and takes those who have none."""
        cert, key = self.user("server")
        (directory / "server.pem").write_bytes(cert + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "server.pem")
        context.load_verify_locations(cadata=self.pem.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


def who_am_i(x: Exchange) -> None:
    """Answer with a config map that says who asked, and how."""
    shown = x.connection.getpeercert() if isinstance(x.connection, ssl.SSLSocket) else None
    name = dict(part[0] for part in shown["subject"])["commonName"] if shown else ""  # type: ignore[misc]
    said = {
        "name": str(name),
        "authorization": x.headers.get("Authorization", ""),
        "agent": x.headers.get("User-Agent", ""),
        "impersonate": x.headers.get("Impersonate-User", ""),
        "groups": ",".join(x.headers.get_all("Impersonate-Group", [])),
        "extra": x.headers.get("Impersonate-Extra-Example.com%2fx", ""),
    }
    x.answer({"kind": "ConfigMap", "apiVersion": "v1", "data": {k: v for k, v in said.items() if v}})
