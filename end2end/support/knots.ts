// A Bitcoin node of its own in regtest mode, with a customer's wallet: the same that the Rust tests use.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server";

const USER = "aio";
const PASSWORD = "regtest";
const cache = process.env.AIO_CACHE ?? join(homedir(), ".cache/aio");
const program = process.env.AIO_BITCOIND ?? join(cache, "nodes/bin/bitcoind");

export class Knots {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  /** A running node with money in the customer's wallet. */
  static async start(): Promise<Knots> {
    if (!existsSync(program)) throw new Error(`${program} is missing: run scripts/tools nodes`);
    const folder = await mkdtemp(join(tmpdir(), "aio-knots-"));
    const port = await freePort();
    const words = [
      `-datadir=${folder}`,
      `-rpcport=${port}`,
      `-rpcuser=${USER}`,
      `-rpcpassword=${PASSWORD}`,
      ..."-regtest -server=1 -listen=0 -dnsseed=0 -txindex=1 -rpcbind=127.0.0.1".split(" "),
      ..."-rpcallowip=127.0.0.1 -fallbackfee=0.00002".split(" "),
    ];
    const child = spawn(program, words, { stdio: "ignore" });
    const node = new Knots(child, folder, `http://127.0.0.1:${port}`);
    await node.answers();
    await node.ask("createwallet", ["customer"]);
    // A wallet's payments with a certain lock time, up to a hundred blocks ago, are not passed on.
    await node.mine(130);
    return node;
  }

  /** The `[[chains]]` of a server that reads it. */
  settings(): string {
    return [
      "[[chains]]",
      `id = "bitcoin"`,
      `kind = "bitcoin"`,
      `network = "regtest"`,
      `explorer = "https://explorer.example/tx/{tx}"`,
      `tokens = [{ id = "BTC", decimals = 8, dust = "0.00001" }]`,
      "[chains.node]",
      `url = "${this.url}"`,
      `user = "${USER}"`,
      `password = "${PASSWORD}"`,
    ].join("\n");
  }

  /** Makes blocks. */
  async mine(blocks: number): Promise<void> {
    await this.ask("generatetoaddress", [blocks, await this.address()]);
  }

  /** Pays so many coins; answers the transaction's id. */
  async pay(to: string, coins: string): Promise<string> {
    return (await this.ask("sendtoaddress", [to, coins])) as string;
  }

  /** An address of the customer's wallet that nobody used. */
  async address(): Promise<string> {
    return (await this.ask("getnewaddress", ["", "bech32"])) as string;
  }

  /** What an address of that wallet received in blocks, in coins. */
  async received(address: string): Promise<number> {
    return (await this.ask("getreceivedbyaddress", [address, 1])) as number;
  }

  async close(): Promise<void> {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    for (let asked = 0; asked < 300; asked++) {
      if (this.process.exitCode !== null) throw new Error(`bitcoind ended with ${this.process.exitCode}`);
      if (await this.ask("getblockcount", []).then(() => true, () => false)) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error("bitcoind does not answer");
  }

  private async ask(method: string, params: unknown[]): Promise<unknown> {
    const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
    const body = JSON.stringify({ id: 0, method, params });
    const answer = await fetch(this.url, { method: "POST", headers: { authorization }, body });
    const { result, error } = (await answer.json()) as { result: unknown; error?: { message: string } };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}
