// Who am I, and does the server hear me? Set AIO_URL, AIO_API_KEY and, to encrypt, AIO_AES_KEY and AIO_AES_VERSION.
import { Client } from './aio.mjs';

const { AIO_URL, AIO_API_KEY, AIO_AES_KEY: aesKey, AIO_AES_VERSION: aesVersion } = process.env;
const aio = new Client(AIO_URL, AIO_API_KEY, { aesKey, aesVersion });
try {
  console.log(await aio.call('GET', '/v1/whoami'));
  console.log(await aio.call('POST', '/v1/echo', { hello: 'AIO' }, { idempotencyKey: 'example-1' }));
} catch (error) {
  console.error(`${error.message} (request ${error.requestId})`);
  process.exitCode = 1;
}
