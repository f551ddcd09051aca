"""Who am I, and does the server hear me?

Set AIO_URL and AIO_API_KEY, and AIO_AES_KEY and AIO_AES_VERSION to encrypt.
"""

from os import environ as env

from aio import AioError, Client

aio = Client(env["AIO_URL"], env["AIO_API_KEY"], env.get("AIO_AES_KEY"), env.get("AIO_AES_VERSION"))
try:
    print(aio.call("GET", "/v1/whoami"))
    print(aio.call("POST", "/v1/echo", {"hello": "AIO"}, idempotency_key="example-1"))
except AioError as error:
    raise SystemExit(f"{error} (request {error.request_id})")
