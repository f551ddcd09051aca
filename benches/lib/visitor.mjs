// A visitor without a browser: keeps cookies, posts forms as a page of the server does, follows nothing.

import { createHmac } from "node:crypto";

export const STEP = 30;

export class Visitor {
  cookies = new Map();

  constructor(origin) {
    this.origin = origin;
  }

  get cookie() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  get(path) {
    return this.#send(path, {});
  }

  /** Posts a form; stops the run when the answer does not lead where it should. */
  async must(path, fields, leadsTo) {
    // As text, because fetch would add a character set to the type, which no browser form does.
    const body = new URLSearchParams(fields).toString();
    const headers = { origin: this.origin, "content-type": "application/x-www-form-urlencoded" };
    const answer = await this.#send(path, { method: "POST", body, headers });
    if (answer.status !== 302 || !leadsTo.test(answer.location)) {
      throw new Error(`${path}: ${answer.status} ${answer.location} ${answer.text.slice(0, 300)}`);
    }
    return answer;
  }

  async #send(path, init) {
    const headers = { accept: "text/html", cookie: this.cookie, ...init.headers };
    const answer = await fetch(this.origin + path, { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return { status: answer.status, location: answer.headers.get("location") ?? "", text: await answer.text() };
  }
}

/** The six digits of a moment (RFC 6238: SHA-1, 30 seconds). */
export function code(secret, seconds) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / STEP)));
  const hash = createHmac("sha1", base32(secret)).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function base32(text) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...text].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** The text of the element with this class. */
export function textOf(html, name) {
  const found = new RegExp(`class="${name}"[^>]*>(.*?)</(?:p|code)>`, "gs");
  return [...html.matchAll(found)].map(([, inner]) => inner.replace(/<!--.*?-->|<[^>]*>/gs, "").trim());
}
