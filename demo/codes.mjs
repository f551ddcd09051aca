// The owner's authenticator. A code works once, so the last step of 30 seconds whose code was given out is kept in a
// file: the set-up, `scripts/demo code` and `scripts/demo shots` never give out the same code twice.

import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { STEP, code } from "../benches/lib/visitor.mjs";
import { FOLDER } from "./process.mjs";

const FILE = `${FOLDER}/demo.json`;

/** What is known about the running demo: where it is, who the owner is, the authenticator's secret. */
export async function known() {
  const text = await readFile(FILE, "utf8").catch(() => undefined);
  if (!text) throw new Error("no demo is set up here: run make demo, and wait until it says what to open");
  return JSON.parse(text);
}

export async function remember(facts) {
  await writeFile(FILE, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
}

/** A demo that was stopped has no owner. */
export async function forget() {
  await rm(FILE, { force: true });
}

/** A code that was never given out; tells beforehand how many seconds it waits for the next one. */
export async function freshCode(waits) {
  const facts = await known();
  const now = Date.now() / 1000;
  const step = Math.max((facts.lastStep ?? 0) + 1, Math.floor(now / STEP));
  const left = step * STEP - now;
  // Before the wait, so that whoever asks meanwhile gets the one after it.
  await remember({ ...facts, lastStep: step });
  if (left > 0) {
    waits?.(Math.ceil(left));
    // A little longer, because the server must think so too.
    await sleep(left * 1000 + 200);
  }
  return code(facts.secret, step * STEP);
}
