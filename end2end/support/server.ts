// One running `aio serve` of the release binary, with its own folder, settings, master key and database.

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { makeDatabase, type Database } from "./database";

const run = promisify(execFile);
const root = resolve(__dirname, "../..");
const binary = process.env.AIO_E2E_BIN ?? join(root, "target/dist/aio");
if (!existsSync(binary)) throw new Error(`${binary} is missing: run scripts/build`);

// Debian's `faketime`. The server has no way to be told the time, so the tests move the clock of its process.
const FAKETIME = ["x86_64", "aarch64"]
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));

/** What a command of `aio` answered. */
export interface Answer {
  status: number;
  output: string;
}

export class Server {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** The one-time link printed at the start, while there is no owner. */
  setupLink = "";
  /** Everything it wrote, for the report of a failed test. */
  log = "";
  private process?: ChildProcess;
  private offset = 0;
  private realTime = false;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly database: Database,
    private readonly chains: string,
  ) {
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** Makes the folder, the settings (with these chains) and the master key, and starts the server. */
  static async start(chains = ""): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "aio-e2e-"));
    const server = new Server(folder, await freePort(), await makeDatabase(folder), chains);
    await writeFile(server.path("aio.toml"), server.settings());
    await server.writeClock();
    const made = await server.aio("key", "init", "--file", server.path("master.key"));
    if (made.status !== 0) throw new Error(`aio key init: ${made.output}`);
    await server.serve(true);
    return server;
  }

  /** Starts the server on the folder; a first start also prints the set-up link. */
  async serve(first = false): Promise<void> {
    const child = spawn(binary, ["serve", "--config", this.path("aio.toml")], {
      cwd: root,
      env: this.environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    let said = "";
    await new Promise<void>((ready, failed) => {
      const timer = setTimeout(() => failed(new Error(`no answer from aio serve:\n${this.log}`)), 20_000);
      child.on("error", failed);
      child.on("exit", (code) => failed(new Error(`aio serve ended with ${code}:\n${this.log}`)));
      child.stderr.on("data", (text) => (this.log += text));
      child.stdout.on("data", (text) => {
        this.log += text;
        said += text;
        const link = /(http\S+\/setup\?token=\S+)\s/.exec(said)?.[1] ?? "";
        if (!said.includes("AIO serves") || (first && !link)) return;
        clearTimeout(timer);
        this.setupLink = link;
        ready();
      });
    });
  }

  /** From now on it runs on the machine's own clock, for clients whose clock nobody moves. */
  async useRealTime(): Promise<void> {
    await this.halt();
    this.realTime = true;
    this.offset = 0;
    await this.serve();
  }

  /** Ends it as an operator does. It must drain and say that all is well. */
  async halt(): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child) return;
    if (child.exitCode !== null) throw new Error(`aio serve had ended with ${child.exitCode}:\n${this.log}`);
    const ended = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
    child.removeAllListeners("error");
    child.kill("SIGTERM");
    const status = await ended;
    if (status !== 0) throw new Error(`aio serve ended with ${status} after SIGTERM:\n${this.log}`);
  }

  /** Ends it and removes what it left. */
  async close(): Promise<void> {
    try {
      await this.halt();
    } finally {
      await this.database.drop();
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /** Runs another command of `aio` with the same settings, at the same time of day. */
  async aio(...words: string[]): Promise<Answer> {
    try {
      const { stdout, stderr } = await run(binary, [...words, "--config", this.path("aio.toml")], {
        cwd: root,
        env: this.environment(),
      });
      return { status: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, output: `${stdout}${stderr}` };
    }
  }

  /** Seconds since 1970 on the server's clock. */
  now(): number {
    return Date.now() / 1000 + this.offset;
  }

  /** Moves the server's clock forward. The browser's stays. */
  async advance(seconds: number): Promise<void> {
    this.offset += Math.ceil(seconds);
    await this.writeClock();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** The text of a file of the server, for looking at what is stored. */
  async bytes(name: string): Promise<Buffer> {
    return readFile(this.path(name));
  }

  private async writeClock(): Promise<void> {
    // Replaced as a whole: the server reads it at every look at the clock.
    await writeFile(this.path("clock.new"), `+${this.offset}s\n`);
    await rename(this.path("clock.new"), this.path("clock"));
  }

  private environment(): NodeJS.ProcessEnv {
    if (!FAKETIME) throw new Error("libfaketime is missing: run scripts/tools test");
    const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AIO_")));
    if (this.realTime) return kept;
    return {
      ...kept,
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: this.path("clock"),
      FAKETIME_NO_CACHE: "1",
      // Only the time of day moves: timers and file times stay real.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  private settings(): string {
    return [
      `listen = "127.0.0.1:${this.port}"`,
      `origin = "${this.origin}"`,
      `network = "test"`,
      `master_key_file = "${this.path("master.key")}"`,
      `site_root = "${join(root, "target/site")}"`,
      "[database]",
      `url = "${this.database.url}"`,
      "[log]",
      `level = "warn"`,
      this.chains,
      "",
    ].join("\n");
  }
}

export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const socket = createServer();
    socket.on("error", failed);
    socket.listen(0, "127.0.0.1", () => {
      const address = socket.address();
      socket.close(() =>
        typeof address === "object" && address ? found(address.port) : failed(new Error("no port")),
      );
    });
  });
}
