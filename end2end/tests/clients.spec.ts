// The client code that the documentation offers, run as a shop would run it, against this server.

import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "../support/test";

const run = promisify(execFile);
const clients = resolve(__dirname, "../../docs/clients");

const LANGUAGES = [
  { name: "Python", command: [process.env.AIO_E2E_PYTHON ?? "python3", "check.py"], folder: "python" },
  { name: "JavaScript", command: ["node", "check.mjs"], folder: "javascript" },
  { name: "PHP", command: ["php", "check.php"], folder: "php" },
  { name: "Go", command: ["go", "run", "check.go"], folder: "go" },
];

test.describe("the clients of the documentation", () => {
  test.use({ server: "own" });
  test.setTimeout(120_000);

  test("AES-04 AES-05 AES-07 each language seals, opens, is refused twice and survives a rotated AES key", async ({
    site,
  }) => {
    const keys = [];
    for (const { name } of LANGUAGES) {
      const key = await site.createKey({ label: `Client in ${name}` });
      const old = await site.enableAes(key);
      keys.push({ key, old, live: await site.regenerateAes(key) });
    }
    // Their clocks are the machine's own.
    await site.server.useRealTime();
    // What is dated in the second of a start or before it is refused: a server before it might have done it already.
    const started = Math.floor(Date.now() / 1000);
    await expect.poll(() => Math.floor(Date.now() / 1000)).toBeGreaterThan(started);
    for (const [n, { name, command, folder }] of LANGUAGES.entries()) {
      const { key, old, live } = keys[n]!;
      const env = {
        ...process.env,
        AIO_URL: site.origin,
        AIO_API_KEY: key.secret,
        AIO_AES_KEY: live,
        AIO_AES_VERSION: "2",
        AIO_OLD_AES_KEY: old,
        AIO_OLD_AES_VERSION: "1",
      };
      const [program = "", ...words] = command;
      const done = await run(program, words, { cwd: join(clients, folder), env }).catch((error) => error);
      expect(done.code ?? 0, `${name}:\n${done.stdout}${done.stderr}`).toBe(0);
      // The vectors and the live server: each step is a line.
      expect(done.stdout, name).toMatch(/a version of the past is named/);
      console.log(`${name}:\n${done.stdout}`);
    }
  });
});
