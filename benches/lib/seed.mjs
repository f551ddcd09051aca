// A merchant with an owner and fifty API keys, made by the same forms that a browser posts.

import { existsSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { start, stop } from "./process.mjs";
import { STEP, Visitor, code, textOf } from "./visitor.mjs";

const OWNER = { merchant_name: "Bench", name: "Bench Owner", email: "owner@bench.example", password: "nine slow trains under one roof" };
export const KEYS = 50;
export const RULES = 100;

// Each code works once, so fifty keys take fifty steps of 30 seconds. The clock of the seeding server is moved
// from the past to the present instead; the measured servers run on the real one.
const FAKETIME = ["x86_64", "aarch64"]
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find(existsSync);

/** Fills the database; tells the owner, a live session and the key with a hundred rules. */
export async function seed(folder, serve) {
  if (!FAKETIME) throw new Error("libfaketime is missing: run scripts/tools bench");
  const clock = join(folder, "clock");
  let offset = -(KEYS + 5) * STEP;
  const turn = async () => {
    await writeFile(`${clock}.new`, `${offset < 0 ? "" : "+"}${offset}s\n`);
    await rename(`${clock}.new`, clock);
  };
  await turn();
  const env = {
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
  const server = await start(...serve.command, { ready: /token=\S+\s/, log: serve.log, env });
  const visitor = new Visitor(serve.origin);
  const token = /token=(\S+)/.exec(server.said)[1];
  await visitor.must("/api/setup/owner", { token, ...OWNER }, /^\/setup\/totp$/);
  const secret = textOf((await visitor.get("/setup/totp")).text, "manual-key")[0].replace(/\s/g, "");
  const next = async () => {
    offset += STEP;
    await turn();
    return code(secret, Date.now() / 1000 + offset);
  };
  await visitor.must("/api/authenticator/confirm", { code: await next() }, /^\/setup\/recovery-codes$/);
  await visitor.must("/api/authenticator/codes-saved", { saved: "true" }, /^\/$/);

  // The first has as many rules as a key can have, and the one that lets this machine in stands last.
  const rules = [...Array(RULES - 1).keys()].map((n) => `10.${n}.0.0/16 office ${n}`).concat("127.0.0.0/8").join("\n");
  let key = "";
  for (let n = 1; n <= KEYS; n += 1) {
    const listed = n === 1;
    const form = new URLSearchParams({
      "form[label]": `Shop ${n}`,
      "form[allowlist_mode]": listed ? "listed" : "any",
      "form[rules]": listed ? rules : "",
      "form[expires_on]": "",
      // The measured key may ask as often as a key can be allowed to.
      "form[rate]": listed ? "6000000" : "",
    });
    for (const scope of ["subaddresses:read", "subaddresses:write", "transactions:read"]) form.append("form[scopes][]", scope);
    const begun = await visitor.must("/api/keys/create/begin", form, /[?&]change=chg_/);
    const change = new URL(begun.location, serve.origin).searchParams.get("change");
    const done = await visitor.must("/api/keys/create", { change, code: await next() }, /\/secret$/);
    if (listed) key = textOf((await visitor.get(done.location)).text, "secret-value").find((text) => text.startsWith("aio_"));
  }
  // Encryption in both ways for the measured key.
  const id = `key_${key.split("_")[2]}`;
  const aes = await visitor.must("/api/aes/enable", { id, code: await next() }, /\/secret$/);
  const [, aesKey] = textOf((await visitor.get(aes.location)).text, "secret-value");
  // The session was last used now, so that it outlives the run.
  offset = 0;
  await turn();
  await visitor.must("/api/preferences/theme", { theme: "light", back: "/api-keys" }, /./);
  await stop(server);
  return { cookie: visitor.cookie, key, keyId: id, aesKey, aesVersion: "1", owner: OWNER };
}
