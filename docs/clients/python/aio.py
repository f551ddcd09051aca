"""AIO merchant API, with plain or encrypted bodies. One file: copy it into your project.

It needs Python 3.9 and the package `cryptography`. How bodies are encrypted: docs/encryption.md.
"""

import base64
import http.client
import json
import os
import re
import time
import uuid
from collections import namedtuple
from contextlib import closing
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Exchange = namedtuple("Exchange", "method target timestamp request_id")  # bound to both bodies


class AioError(Exception):
    """The call was refused, or (code `invalid_response`) the response cannot be read or trusted."""

    def __init__(self, status, problem=None, verified=False):
        problem = problem if isinstance(problem, dict) else {}
        self.status, self.code = status, problem.get("code", "invalid_response")
        self.title = problem.get("title", "the response cannot be read or trusted")
        self.request_id = problem.get("request_id")
        self.verified = verified  # it came encrypted, so nobody on the way wrote it
        super().__init__(f"{status} {self.code}: {self.title}")


class Encryption:
    """Seals and opens bodies with an API key's AES key. A body that has a status is a response."""

    def __init__(self, key_id, aes_key, version):
        secret = base64.b64decode(aes_key, validate=True)
        if len(secret) != 32:
            raise ValueError("an AES key has 32 bytes")
        self._key_id, self.version, self._ciphers = key_id, int(version), {}
        for direction in ("request", "response"):
            hkdf = HKDF(SHA256(), 32, salt=None, info=f"aio-body-v1 {direction}".encode())
            self._ciphers[direction] = AESGCM(hkdf.derive(secret))

    def seal(self, exchange, plain, status=None, iv=None):
        cipher, bound = self._bind(exchange, status)
        iv = iv or os.urandom(12)
        return self._envelope(iv, cipher.encrypt(iv, plain, bound))

    def open(self, exchange, body, status=None):
        cipher, bound = self._bind(exchange, status)
        parts = re.fullmatch(rb'\{"iv":"([^"]*)","encrypted_data":"([^"]*)"\}', body)
        try:
            iv, sealed = map(base64.b64decode, parts.groups())
            if len(iv) == 12 and self._envelope(iv, sealed) == body:
                return cipher.decrypt(iv, sealed, bound)
        except (AttributeError, ValueError, InvalidTag):
            pass
        raise ValueError("an encrypted body does not open")

    @staticmethod
    def _envelope(*parts):
        return b'{"iv":"%s","encrypted_data":"%s"}' % tuple(map(base64.b64encode, parts))

    def _bind(self, exchange, status):
        direction, end = ("request", []) if status is None else ("response", [status])
        parts = ["aio-body-v1", direction, self._key_id, self.version, *exchange, *end]
        return self._ciphers[direction], "\n".join(map(str, parts)).encode()


class Client:
    def __init__(self, url, api_key, aes_key=None, aes_version=None, timeout=30):
        key = re.fullmatch("aio_(?:live|test)_([0-9a-z]{26})_[0-9A-Za-z]{49}", api_key)
        self._url, self._api_key, self._timeout = urlsplit(url.rstrip("/")), api_key, timeout
        if not key or not self._url.hostname or self._url.scheme not in ("https", "http"):
            raise ValueError("not the address of a server, or not an API key")
        self._encryption = Encryption("key_" + key[1], aes_key, aes_version) if aes_key else None

    def call(self, method, path, body=None, idempotency_key=None):
        """Makes one request and returns the JSON of the response, or raises AioError."""
        return self.send(*self.prepare(method, path, body, idempotency_key))

    def prepare(self, method, path, body=None, idempotency_key=None):
        """One try of a request. If it is encrypted it can be sent once: prepare a retry anew."""
        formed = re.fullmatch(r'(GET|POST|PUT|PATCH|DELETE) /[!-"$-~]*', f"{method} {path}")
        if not formed or (method == "GET" and body is not None):
            raise ValueError("a method in capitals, a percent-encoded path, and no body with GET")
        payload = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        exchange = Exchange(method, self._url.path + path, str(int(time.time())), str(uuid.uuid4()))
        headers = {"Authorization": f"Bearer {self._api_key}", "Content-Type": "application/json"}
        headers.update({"Idempotency-Key": idempotency_key} if idempotency_key else {})
        if self._encryption:
            values = (f"aes-256-gcm;v={self._encryption.version}", *exchange[2:])
            headers.update(zip(("Aio-Encryption", "Aio-Timestamp", "Aio-Request-Id"), values))
            payload = b"" if method == "GET" else self._encryption.seal(exchange, payload)
        return exchange, headers, payload

    def send(self, exchange, headers, payload):
        connect = getattr(http.client, self._url.scheme.upper() + "Connection")
        with closing(connect(self._url.netloc, timeout=self._timeout)) as connection:
            connection.request(exchange.method, exchange.target, payload or None, headers)
            response = connection.getresponse()
            status, body = response.status, response.read()
        sent = {name: value for name, value in headers.items() if name.startswith("Aio-")}
        repeated = all(response.headers.get_all(name) == [value] for name, value in sent.items())
        try:
            if sent and not repeated and status < 400:
                raise ValueError("a plain answer to an encrypted request")
            verified = bool(sent) and repeated
            answer = json.loads(self._encryption.open(exchange, body, status) if verified else body)
        except (ValueError, RecursionError):
            raise AioError(status) from None
        if 200 <= status < 300:
            return answer
        raise AioError(status, answer, verified)
