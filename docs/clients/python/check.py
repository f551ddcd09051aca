"""Checks aio.py against docs/encryption-vectors.json and, when AIO_URL is set, against a server."""

import json
import uuid
from base64 import b64decode
from os import environ as env
from pathlib import Path

from aio import AioError, Client, Encryption, Exchange

VECTORS = Path(__file__).resolve().parents[2] / "encryption-vectors.json"


def step(name, passed):
    print("ok  " if passed else "FAIL", name, flush=True)
    if not passed:
        raise SystemExit(1)


def refused(code, call):
    try:
        call()
    except AioError as error:
        return (error.status, error.code) == (400, code)
    return False


def opened(vectors, vector):
    """The plaintext of a vector's body, or None."""
    version = vector["encryption"].partition("=")[2]
    encryption = Encryption(vectors["key_id"], vectors["aes_key"], version)
    try:
        return encryption.open(exchange(vector), vector["body"].encode(), vector.get("status"))
    except ValueError:
        return None


def exchange(vector):
    return Exchange(*(vector[part] for part in Exchange._fields))


def check_vectors():
    vectors = json.loads(VECTORS.read_text("utf-8"))
    encryption = Encryption(vectors["key_id"], vectors["aes_key"], vectors["aes_key_version"])
    for vector in filter(lambda vector: vector["body"], vectors["messages"]):
        plain, nonce = vector["plaintext"].encode(), b64decode(vector["iv"])
        sealed = encryption.seal(exchange(vector), plain, vector.get("status"), nonce)
        step(f"seals {vector['name']}", sealed == vector["body"].encode())
        step(f"opens {vector['name']}", opened(vectors, vector) == plain)
    for vector in vectors["refused"]:
        step(f"refuses {vector['why']}", opened(vectors, vector) is None)


def check_server():
    def client(aes_key, version):
        return Client(env["AIO_URL"], env["AIO_API_KEY"], aes_key, version)

    def echo(aio, key=None):
        return aio.call("POST", "/v1/echo", text, key)

    text = {"你好": "世界 ✓ 50 €", "quotes": "\"'\\/ <b>&"}
    aes_key, version = env["AIO_AES_KEY"], int(env["AIO_AES_VERSION"])
    aio = client(aes_key, version)
    me = aio.call("GET", "/v1/whoami")
    step("whoami", me["key"]["id"] == "key_" + env["AIO_API_KEY"].split("_")[2])
    step("echo of text in Chinese", echo(aio) == text)

    once = str(uuid.uuid4())
    twice = [echo(aio, once), echo(aio, once)]
    step("the same Idempotency-Key twice gives the same body", twice == [text, text])

    request = aio.prepare("POST", "/v1/echo", text)
    step("a request", aio.send(*request) == text)
    again = refused("encryption_invalid", lambda: aio.send(*request))
    step("the same bytes again are refused", again)

    future = client(aes_key, version + 1000)
    step("a version to come is refused", refused("encryption_invalid", lambda: echo(future)))

    if "AIO_OLD_AES_KEY" in env:
        old = client(env["AIO_OLD_AES_KEY"], env["AIO_OLD_AES_VERSION"])
        step("a version of the past is named", refused("aes_key_replaced", lambda: echo(old)))


check_vectors()
if "AIO_URL" in env:
    check_server()
