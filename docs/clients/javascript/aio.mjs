// AIO merchant API, with plain or encrypted bodies. One file: copy it into your project.
// For Node 20, Deno, Bun and browsers: nothing but fetch and WebCrypto. How bodies are encrypted: docs/encryption.md.

/** The call was refused, or (code `invalid_response`) the response cannot be read or trusted. */
export class AioError extends Error {
  constructor(status, problem, verified = false) {
    const { code = 'invalid_response', title = 'the response cannot be read or trusted', request_id } = problem ?? {};
    super(`${status} ${code}: ${title}`);
    // Verified: it came encrypted, so nobody on the way wrote it.
    Object.assign(this, { name: 'AioError', status, code, title, requestId: request_id, verified });
  }
}

/** Seals and opens bodies with an API key's AES key. A body that has a status is a response. */
export class Encryption {
  #keyId;
  #keys;

  constructor(keyId, aesKey, version) {
    const secret = fromBase64(aesKey);
    if (secret.length !== 32 || !(version > 0)) throw new Error('an AES key has 32 bytes and a version');
    this.#keyId = keyId;
    this.version = version;
    this.#keys = { request: derive(secret, 'request'), response: derive(secret, 'response') };
  }

  async seal(exchange, plain, { status, iv = crypto.getRandomValues(new Uint8Array(12)) } = {}) {
    const [key, algorithm] = await this.#bind(exchange, status, iv);
    return envelope(iv, new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plain)));
  }

  async open(exchange, body, { status } = {}) {
    const parts = /^\{"iv":"([^"]*)","encrypted_data":"([^"]*)"\}$/.exec(body);
    const [iv, sealed] = parts?.slice(1).map(fromBase64) ?? [];
    if (iv?.length !== 12 || envelope(iv, sealed) !== body) {
      throw new Error('an encrypted body does not open');
    }
    const [key, algorithm] = await this.#bind(exchange, status, iv);
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed));
  }

  async #bind({ method, target, timestamp, requestId }, status, iv) {
    const direction = status === undefined ? 'request' : 'response';
    const parts = ['aio-body-v1', direction, this.#keyId, this.version, method, target, timestamp, requestId];
    const additionalData = utf8([...parts, ...(status === undefined ? [] : [status])].join('\n'));
    return [await this.#keys[direction], { name: 'AES-GCM', iv, additionalData, tagLength: 128 }];
  }
}

export class Client {
  #settings;

  constructor(url, apiKey, { aesKey, aesVersion, timeout = 30_000 } = {}) {
    const key = /^aio_(?:live|test)_([0-9a-z]{26})_[0-9A-Za-z]{49}$/.exec(apiKey);
    if (!key) throw new Error('not an API key');
    const encryption = aesKey && new Encryption(`key_${key[1]}`, aesKey, aesVersion);
    this.#settings = { base: new URL(url).href.replace(/\/$/, ''), apiKey, encryption, timeout };
  }

  /** Makes one request and returns the JSON of the response, or throws an AioError. */
  async call(method, path, body, { idempotencyKey } = {}) {
    return this.send(await this.prepare(method, path, body, { idempotencyKey }));
  }

  /** One try of a request. If it is encrypted it can be sent once: prepare a retry anew. */
  async prepare(method, path, body, { idempotencyKey } = {}) {
    const { base, apiKey, encryption } = this.#settings;
    const url = new URL(base + path);
    const formed = /^(GET|POST|PUT|PATCH|DELETE) \/[^#]*$/.test(`${method} ${path}`) && url.href === base + path;
    if (!formed || (method === 'GET' && body !== undefined)) {
      throw new Error('a method in capitals, a percent-encoded path, and no body with GET');
    }
    const timestamp = String(Math.floor(Date.now() / 1000));
    const exchange = { method, target: url.pathname + url.search, timestamp, requestId: crypto.randomUUID() };
    const headers = { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' };
    if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey;
    let payload = body === undefined ? undefined : JSON.stringify(body);
    if (encryption) {
      Object.assign(headers, {
        'Aio-Encryption': `aes-256-gcm;v=${encryption.version}`,
        'Aio-Timestamp': timestamp,
        'Aio-Request-Id': exchange.requestId,
      });
      if (method !== 'GET') payload = await encryption.seal(exchange, utf8(payload ?? ''));
    }
    return { url, exchange, headers, payload };
  }

  async send({ url, exchange, headers, payload }) {
    const { encryption, timeout } = this.#settings;
    const signal = AbortSignal.timeout(timeout);
    const safely = { redirect: 'manual', credentials: 'omit', cache: 'no-store', signal };
    const response = await fetch(url, { method: exchange.method, headers, body: payload, ...safely });
    const [status, text] = [response.status, await response.text()];
    const sent = Object.entries(headers).filter(([name]) => name.startsWith('Aio-'));
    const verified = sent.length > 0 && sent.every(([name, value]) => response.headers.get(name) === value);
    let answer;
    try {
      if (sent.length > 0 && !verified && status < 400) throw new Error('a plain answer to an encrypted request');
      answer = JSON.parse(verified ? fromUtf8(await encryption.open(exchange, text, { status })) : text);
    } catch {
      throw new AioError(status);
    }
    if (response.ok) return answer;
    throw new AioError(status, answer, verified);
  }
}

const utf8 = (text) => new TextEncoder().encode(text);
const fromUtf8 = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const envelope = (iv, sealed) => `{"iv":"${base64(iv)}","encrypted_data":"${base64(sealed)}"}`;

async function derive(secret, direction) {
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8(`aio-body-v1 ${direction}`) };
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey(algorithm, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}
