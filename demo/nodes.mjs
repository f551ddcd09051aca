// Two local nodes with rich customers: anvil, a chain of Ethereum's type, and Bitcoin Knots in regtest mode. Blocks
// come when they are asked for. Both classes look the same from outside.

import { mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { FOLDER, freePort, start, until } from "./process.mjs";

const nodes = join(process.env.AIO_CACHE ?? join(homedir(), ".cache/aio"), "nodes/bin");
const TOKENS = "crates/chain-evm/tests/contracts/Tokens.json";
const CHAIN_ID = 31_337;

/** An amount such as "0.25" in the smallest unit. */
function units(amount, decimals) {
  const [whole, part = ""] = amount.split(".");
  return BigInt(whole + part.padEnd(decimals, "0"));
}

const hex = (number) => `0x${number.toString(16)}`;

/** The data of a call of a token: what is called, with an address and an amount. */
const call = (selector, address, amount) =>
  selector + address.slice(2).toLowerCase().padStart(64, "0") + amount.toString(16).padStart(64, "0");
const TRANSFER = "0xa9059cbb";
const MINT = "0x40c10f19";

async function ask(url, method, params, headers = {}) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method, params });
  const type = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers: { ...type, ...headers }, body });
  const { result, error } = await answer.json();
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

export class Ethereum {
  id = "ethereum";
  /** Tickers with how a usual payment looks: from, to, digits behind the point. */
  tokens = { ETH: [0.05, 1.5, 3], TUSD: [5, 500, 2] };

  /** A running node with a token that customers have. */
  static async start() {
    const node = new Ethereum();
    const port = await freePort();
    node.url = `http://127.0.0.1:${port}`;
    const words = "--host 127.0.0.1 --silent --no-mining --slots-in-an-epoch 1";
    await start("anvil", process.env.AIO_ANVIL ?? join(nodes, "anvil"), [
      ...words.split(" "),
      `--port=${port}`,
      `--chain-id=${CHAIN_ID}`,
    ]);
    const accounts = await until("anvil", () => node.ask("eth_accounts"));
    // The first deploys and fills the gas address, the last is the merchant's wallet, the others are customers'.
    [node.rich, ...node.customers] = accounts;
    node.wallet = node.customers.pop();
    await node.ask("anvil_setBalance", node.wallet, "0x0");
    await node.deploy();
    return node;
  }

  /** Deploys a token with 6 decimals whose transfers answer nothing, as USDT's, and gives each customer a million. */
  async deploy() {
    const { bytecode } = JSON.parse(await readFile(TOKENS, "utf8")).contracts.SilentToken;
    const hash = await this.ask("eth_sendTransaction", { from: this.rich, data: bytecode });
    await this.mine();
    this.token = (await this.ask("eth_getTransactionReceipt", hash)).contractAddress;
    for (const customer of this.customers) {
      const data = call(MINT, customer, units("1000000", 6));
      await this.ask("eth_sendTransaction", { from: this.rich, to: this.token, data });
    }
    await this.mine();
  }

  /** Its part of the settings. */
  settings() {
    return `
[[chains]]
id = "${this.id}"
kind = "evm"
chain_id = ${CHAIN_ID}
confirmations = 3
tokens = [
  { id = "ETH", decimals = 18, dust = "0.001" },
  { id = "TUSD", decimals = 6, dust = "1", contract = "${this.token}", tiers = [{ from = "400", confirmations = 6 }] },
]
[chains.node]
url = "${this.url}"
[chains.collection]
resend_after_s = 10
`;
  }

  async mine() {
    await this.ask("anvil_mine", "0x1");
  }

  /** Where the merchant wants his money. */
  async walletAddress() {
    return this.wallet;
  }

  /** A customer pays, always from the same account. */
  async pay(customer, to, token, amount) {
    const from = this.customers[customer % this.customers.length];
    const what =
      token === "ETH"
        ? { to, value: hex(units(amount, 18)) }
        : { to: this.token, data: call(TRANSFER, to, units(amount, 6)) };
    await this.ask("eth_sendTransaction", { from, ...what });
  }

  /** Coins for the address that pays the network. */
  async fill(to, amount) {
    await this.ask("eth_sendTransaction", { from: this.rich, to, value: hex(units(amount, 18)) });
  }

  ask(method, ...params) {
    return ask(this.url, method, params);
  }
}

export class Bitcoin {
  id = "bitcoin";
  tokens = { BTC: [0.005, 0.2, 4] };

  /** A running node with money in the customers' wallet. */
  static async start() {
    const node = new Bitcoin();
    const port = await freePort();
    node.url = `http://127.0.0.1:${port}`;
    await mkdir(`${FOLDER}/knots`);
    const words = `-regtest -server=1 -listen=0 -dnsseed=0 -txindex=1 -rpcbind=127.0.0.1 -rpcallowip=127.0.0.1`;
    await start("knots", process.env.AIO_BITCOIND ?? join(nodes, "bitcoind"), [
      ...words.split(" "),
      `-datadir=${process.cwd()}/${FOLDER}/knots`,
      `-rpcport=${port}`,
      "-rpcuser=aio",
      "-rpcpassword=regtest",
      "-fallbackfee=0.00002",
      "-printtoconsole=0",
    ]);
    await until("Bitcoin Knots", () => node.ask("", "getblockcount"));
    for (const wallet of ["customers", "merchant"]) await node.ask("", "createwallet", wallet);
    node.miner = await node.ask("customers", "getnewaddress", "", "bech32");
    // Coins of new blocks can be spent after a hundred. And a wallet may lock a payment to a block of up to a hundred
    // ago; Knots does not pass on one that is locked to block 21.
    await node.mine(130);
    return node;
  }

  /** Its part of the settings. */
  settings() {
    return `
[[chains]]
id = "${this.id}"
kind = "bitcoin"
network = "regtest"
confirmations = 2
tokens = [{ id = "BTC", decimals = 8, dust = "0.00001" }]
[chains.node]
url = "${this.url}"
user = "aio"
password = "regtest"
[chains.collection]
resend_after_s = 10
`;
  }

  async mine(blocks = 1) {
    await this.ask("", "generatetoaddress", blocks, this.miner);
  }

  /** Where the merchant wants his money. */
  async walletAddress() {
    return this.ask("merchant", "getnewaddress", "", "bech32");
  }

  /** A customer pays; all of them share a wallet. */
  async pay(_customer, to, _token, amount) {
    await this.ask("customers", "sendtoaddress", to, amount);
  }

  ask(wallet, method, ...params) {
    const authorization = `Basic ${Buffer.from("aio:regtest").toString("base64")}`;
    return ask(wallet ? `${this.url}/wallet/${wallet}` : this.url, method, params, { authorization });
  }
}
