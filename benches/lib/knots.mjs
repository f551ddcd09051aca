// A Bitcoin node in regtest mode with a rich wallet.

import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { freePort, start, stop } from "./process.mjs";

const program = process.env.AIO_BITCOIND ?? join(process.env.AIO_CACHE ?? join(homedir(), ".cache/aio"), "nodes/bin/bitcoind");

export class Knots {
  /** A running node, its files in this folder. */
  static async start(folder) {
    const node = new Knots();
    const [port, home] = [await freePort(), join(folder, "knots")];
    await mkdir(home);
    node.url = `http://127.0.0.1:${port}`;
    const words = "-regtest -server=1 -listen=0 -dnsseed=0 -rpcbind=127.0.0.1 -rpcallowip=127.0.0.1 -fallbackfee=0.00002";
    const own = [`-datadir=${home}`, `-rpcport=${port}`, "-rpcuser=aio", "-rpcpassword=regtest", "-printtoconsole=1"];
    const serve = { ready: /Done loading/, log: join(folder, "knots.log") };
    node.process = await start(program, [...words.split(" "), "-txindex=1", ...own], serve);
    await node.ask("createwallet", "rich");
    node.miner = await node.ask("getnewaddress", "", "bech32");
    await node.ask("generatetoaddress", 130, node.miner);
    return node;
  }

  /** Its part of the settings. */
  settings() {
    return [
      "[[chains]]",
      'id = "bitcoin"',
      'kind = "bitcoin"',
      'network = "regtest"',
      'tokens = [{ id = "BTC", decimals = 8 }]',
      "[chains.node]",
      `url = "${this.url}"`,
      'user = "aio"',
      'password = "regtest"',
    ];
  }

  /** A block with one transaction that pays all of these; nobody saw it before. */
  async blockThatPays(addresses) {
    const each = addresses.map((address) => ({ [address]: "0.0001" }));
    const draft = await this.ask("createrawtransaction", [], each);
    const { hex } = await this.ask("fundrawtransaction", draft);
    const signed = await this.ask("signrawtransactionwithwallet", hex);
    return this.ask("generateblock", this.miner, [signed.hex]);
  }

  async ask(method, ...params) {
    const headers = { authorization: `Basic ${Buffer.from("aio:regtest").toString("base64")}` };
    const body = JSON.stringify({ jsonrpc: "1.0", id: 0, method, params });
    const answer = await fetch(this.url, { method: "POST", headers, body });
    const { result, error } = await answer.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  stop() {
    return stop(this.process);
  }
}
