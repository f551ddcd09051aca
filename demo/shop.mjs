// The shop's own server, which knows nothing but an API key: it asks for addresses and reads events. And its customers.

import { setTimeout as sleep } from "node:timers/promises";
import { say, until } from "./process.mjs";

const CUSTOMERS = ["Ada", "王小明", "Grace", "José", "李娜", "Noor", "Zoë", "Linus"];
/** Reasons that a sound demo meets. */
const REASONS = { preparing: "its contract is being deployed, once" };
/** What the shop tells of the events it reads, by kind. */
const TOLD = {
  "transaction.confirmed": ({ data }) => `${data.amount_decimal} ${data.token} of ${data.customer_id} counts`,
  "collection.broadcast": ({ data }) => `${data.amount_decimal} ${data.token} on its way to the collection address`,
  "collection.mined": ({ data }) =>
    `${data.amount_decimal} ${data.token} collected from ${data.transactions.length} payments`,
  "collection.waiting": ({ data }) => `collection of ${data.token} waits: ${REASONS[data.reason] ?? data.reason}`,
  "collection.failed": ({ data }) => `collection of ${data.amount_decimal} ${data.token} failed: ${data.failure}`,
};

export class Shop {
  constructor(origin, key) {
    this.origin = origin;
    this.key = key;
  }

  /** One call of the merchant API. */
  async ask(path, body) {
    const headers = { authorization: `Bearer ${this.key}`, "content-type": "application/json" };
    const sent = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
    const answer = await fetch(`${this.origin}${path}`, sent);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** The address that a customer pays to; the same one each time. */
  async address(chain, customer) {
    return (await this.ask("/v1/subaddresses", { chain, customer_id: customer })).address;
  }

  /** Waits until addresses can be had: the server has to read each chain first. */
  async open(chains) {
    for (const { id } of chains) await until(`an address on ${id}`, () => this.address(id, CUSTOMERS[0]));
  }

  /** Every few seconds somebody pays. */
  async sell(chains, signal) {
    const goods = chains.flatMap((chain) => Object.keys(chain.tokens).map((token) => ({ chain, token })));
    for (let sale = 0; !signal.aborted; sale += 1) {
      const { chain, token } = goods[sale % goods.length];
      const customer = Math.floor(Math.random() * CUSTOMERS.length);
      const [from, to, digits] = chain.tokens[token];
      const amount = (from + Math.random() * (to - from)).toFixed(digits);
      await attempt(signal, "a payment", async () => {
        const address = await this.address(chain.id, CUSTOMERS[customer]);
        await chain.pay(customer, address, token, amount);
        say(`${CUSTOMERS[customer]} pays ${amount} ${token} to ${address}`);
      });
      await pause(4000, signal);
    }
  }

  /** Reads events, each once and in order, and tells what they say. */
  async listen(signal) {
    for (let after = 0; !signal.aborted; ) {
      await attempt(signal, "events", async () => {
        const page = await this.ask(`/v1/events?after=${after}&limit=50`);
        for (const event of page.events) {
          const words = TOLD[event.kind]?.(event);
          if (words) say(`  event ${event.number}: ${words}`);
        }
        after = page.next_after;
      });
      await pause(2000, signal);
    }
  }
}

/** A block every so often. */
export async function mine(chain, milliseconds, signal) {
  while (!signal.aborted) {
    await attempt(signal, `a block of ${chain.id}`, () => chain.mine());
    await pause(milliseconds, signal);
  }
}

/** What fails is told, and the demo goes on. */
async function attempt(signal, what, act) {
  try {
    await act();
  } catch (error) {
    if (!signal.aborted) say(`${what} failed: ${error.message}`);
  }
}

/** Waits, unless all is stopped. */
const pause = (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => {});
