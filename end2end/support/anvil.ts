// A node of an Ethereum-type chain of its own, with rich accounts: the same that the Rust tests use.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server";

const cache = process.env.AIO_CACHE ?? join(homedir(), ".cache/aio");
const program = process.env.AIO_ANVIL ?? join(cache, "nodes/bin/anvil");
const CHAIN_ID = 31_337;

export class Anvil {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
  ) {}

  static async start(): Promise<Anvil> {
    if (!existsSync(program)) throw new Error(`${program} is missing: run scripts/tools nodes`);
    const port = await freePort();
    const words = "--host 127.0.0.1 --silent --no-mining --slots-in-an-epoch 1".split(" ");
    const child = spawn(program, [...words, "--port", `${port}`, "--chain-id", `${CHAIN_ID}`], { stdio: "ignore" });
    const node = new Anvil(child, `http://127.0.0.1:${port}`);
    await node.answers();
    await node.mine(1);
    return node;
  }

  /** The `[[chains]]` of a server that reads it. */
  settings(): string {
    return [
      "[[chains]]",
      `id = "ethereum"`,
      `kind = "evm"`,
      `chain_id = ${CHAIN_ID}`,
      `confirmations = 2`,
      `explorer = "https://explorer.example/tx/{tx}"`,
      `tokens = [{ id = "ETH", decimals = 18, dust = "0.00001" }]`,
      "[chains.node]",
      `url = "${this.url}"`,
    ].join("\n");
  }

  /** Makes blocks. */
  async mine(blocks: number): Promise<void> {
    await this.ask("anvil_mine", [`0x${blocks.toString(16)}`]);
  }

  /** Pays so many thousandths of a coin; answers the transaction's hash. */
  async pay(to: string, thousandths: number): Promise<string> {
    const [from] = (await this.ask("eth_accounts", [])) as string[];
    const value = `0x${(BigInt(thousandths) * 10n ** 15n).toString(16)}`;
    return (await this.ask("eth_sendTransaction", [{ from, to, value }])) as string;
  }

  /** An account's coins, in thousandths. */
  async balance(of: string): Promise<number> {
    return Number(BigInt((await this.ask("eth_getBalance", [of, "latest"])) as string) / 10n ** 15n);
  }

  async close(): Promise<void> {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await ended;
  }

  private async answers(): Promise<void> {
    for (let asked = 0; asked < 300; asked++) {
      if (this.process.exitCode !== null) throw new Error(`anvil ended with ${this.process.exitCode}`);
      if (await this.ask("eth_chainId", []).then(() => true, () => false)) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error("anvil does not answer");
  }

  private async ask(method: string, params: unknown[]): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method, params });
    const answer = await fetch(this.url, { method: "POST", headers, body });
    const { result, error } = (await answer.json()) as { result: unknown; error?: { message: string } };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}
