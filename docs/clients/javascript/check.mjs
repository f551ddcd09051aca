// Checks aio.mjs against docs/encryption-vectors.json and, when AIO_URL is set, against a server.
import { deepStrictEqual } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AioError, Client, Encryption } from './aio.mjs';

const bytes = (text) => new Uint8Array(Buffer.from(text, 'utf8'));

function step(name, passed) {
  console.log(passed ? 'ok  ' : 'FAIL', name);
  if (!passed) process.exit(1);
}

function same(a, b) {
  try {
    deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

async function refused(code, call) {
  const error = await call.catch((thrown) => thrown);
  return error instanceof AioError && error.status === 400 && error.code === code;
}

const exchange = ({ method, target, timestamp, request_id: requestId }) => ({ method, target, timestamp, requestId });

/** The plaintext of a vector's body, or undefined. */
async function opened(vectors, vector) {
  const encryption = new Encryption(vectors.key_id, vectors.aes_key, vector.encryption.split('=')[1]);
  const opening = encryption.open(exchange(vector), vector.body, { status: vector.status });
  return opening.then((plain) => Buffer.from(plain).toString('utf8'), () => undefined);
}

async function checkVectors() {
  const vectors = JSON.parse(await readFile(new URL('../../encryption-vectors.json', import.meta.url), 'utf8'));
  const encryption = new Encryption(vectors.key_id, vectors.aes_key, vectors.aes_key_version);
  for (const vector of vectors.messages.filter(({ body }) => body)) {
    const { name, plaintext, status, iv, body } = vector;
    const options = { status, iv: new Uint8Array(Buffer.from(iv, 'base64')) };
    step(`seals ${name}`, (await encryption.seal(exchange(vector), bytes(plaintext), options)) === body);
    step(`opens ${name}`, (await opened(vectors, vector)) === plaintext);
  }
  for (const vector of vectors.refused) {
    step(`refuses ${vector.why}`, (await opened(vectors, vector)) === undefined);
  }
}

async function checkServer({ AIO_URL, AIO_API_KEY, AIO_AES_KEY, AIO_AES_VERSION, ...env }) {
  const client = (aesKey, aesVersion) => new Client(AIO_URL, AIO_API_KEY, { aesKey, aesVersion });
  if (!AIO_AES_KEY) throw new Error('AIO_AES_KEY is not set');
  const aio = client(AIO_AES_KEY, AIO_AES_VERSION);
  const me = await aio.call('GET', '/v1/whoami');
  step('whoami', me.key.id === `key_${AIO_API_KEY.split('_')[2]}`);

  const text = { 你好: '世界 ✓ 50 €', quotes: '"\'\\/ <b>&' };
  const echo = (from, options) => from.call('POST', '/v1/echo', text, options);
  step('echo of text in Chinese', same(await echo(aio), text));

  const once = { idempotencyKey: randomUUID() };
  const twice = [await echo(aio, once), await echo(aio, once)];
  step('the same Idempotency-Key twice gives the same body', same(twice, [text, text]));

  const request = await aio.prepare('POST', '/v1/echo', text);
  step('a request', same(await aio.send(request), text));
  step('the same bytes again are refused', await refused('encryption_invalid', aio.send(request)));

  const future = client(AIO_AES_KEY, Number(AIO_AES_VERSION) + 1000);
  step('a version to come is refused', await refused('encryption_invalid', echo(future)));

  if (env.AIO_OLD_AES_KEY) {
    const old = client(env.AIO_OLD_AES_KEY, env.AIO_OLD_AES_VERSION);
    step('a version of the past is named', await refused('aes_key_replaced', echo(old)));
  }
}

await checkVectors();
if (process.env.AIO_URL) await checkServer(process.env);
