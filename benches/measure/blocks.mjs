// P9: blocks with a thousand deposits, read from a real node. The server's log says how long the one transaction took
// in which it applied each.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { once } from "../lib/load.mjs";

const DEPOSITS = 1_000;
const BATCH = 100;
const PATIENCE = 60_000;

/** Addresses of a thousand new customers. */
export async function customers({ origin, site }) {
  const addresses = [];
  const headers = { authorization: `Bearer ${site.key}`, "content-type": "application/json" };
  for (let n = 0; n < DEPOSITS; n += BATCH) {
    const wish = () => ({ chain: "bitcoin", customer_id: randomUUID() });
    const body = JSON.stringify({ subaddresses: Array.from({ length: BATCH }, wish) });
    const answer = await once(`${origin}/v1/subaddresses/batch`, { method: "POST", headers, body });
    if (answer.status !== 200) throw new Error(`a batch answers ${answer.status}: ${answer.body}`);
    addresses.push(...JSON.parse(answer.body).subaddresses.map((made) => made.address));
  }
  return addresses;
}

/** Milliseconds that the transaction of such a block took, round by round. */
export async function blocks({ node, serve, rounds }, addresses) {
  const took = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = (await readFile(serve.log)).length;
    await node.blockThatPays(addresses);
    took.push(await applied(serve.log, from));
  }
  return took;
}

async function applied(log, from) {
  const began = performance.now();
  while (performance.now() - began < PATIENCE) {
    const said = (await readFile(log)).subarray(from).toString();
    for (const line of said.split("\n").filter((line) => line.includes("block applied"))) {
      // The log is text or JSON, with or without colours.
      const plain = line.replace(/\x1b\[[\d;]*m/g, "").replaceAll('"', "");
      const [payments, us] = [/payments[=:]\s*(\d+)/, /took_us[=:]\s*(\d+)/].map((word) => Number(word.exec(plain)?.[1]));
      if (payments !== DEPOSITS) throw new Error(`a block has ${payments} deposits: ${plain}`);
      return us / 1000;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("a block was not read");
}
