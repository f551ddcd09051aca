// Programs that the demo starts, each with its log in var/demo, and how they end together.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export const FOLDER = "var/demo";

/** In the order of their starts. None outlives this process. */
const running = [];
let stopping = false;
process.on("exit", () => running.forEach(({ child }) => child.kill("SIGKILL")));

/** One line on what happens now. */
export const say = (text) => console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`);

/**
 * Starts a program; its output goes to a log. In a process group of its own, so that Ctrl-C reaches only this process,
 * which then stops all of them in order.
 */
export async function start(name, command, words, env = process.env) {
  const log = await open(`${FOLDER}/${name}.log`, "a", 0o600);
  if (stopping) throw new Error(`${name} is not started, because all is stopped`);
  const child = spawn(command, words, { detached: true, stdio: ["ignore", log.fd, log.fd], env });
  const one = { name, child, stops: false };
  running.push(one);
  child.once("error", (error) => fail(`${command}: ${error.message}`));
  child.once("exit", async (status, signal) => {
    running.splice(running.indexOf(one), 1);
    if (one.stops) return;
    const log = await readFile(`${FOLDER}/${name}.log`, "utf8").catch(() => "");
    const said = log.trim().split("\n").slice(-20).join("\n");
    fail(`${name} ended with ${signal ?? status}. The end of ${FOLDER}/${name}.log:\n${said}`);
  });
  await log.close();
}

/** Ends this process and, with it, all others. */
function fail(why) {
  console.error(`AIO: ${why}`);
  process.exit(1);
}

/** Asks all to stop, the last one first, and waits; one that does not stop in time is killed. */
export async function stopAll() {
  stopping = true;
  for (const one of [...running].reverse()) {
    one.stops = true;
    const ended = once(one.child, "exit");
    one.child.kill("SIGTERM");
    const inTime = await Promise.race([ended.then(() => true), sleep(20_000, false, { ref: false })]);
    if (!inTime) one.child.kill("SIGKILL");
    await ended;
  }
}

/** Asks again and again until there is an answer. */
export async function until(what, ask, seconds = 120) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await Promise.resolve().then(ask).catch(() => undefined);
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`${what}: nothing after ${seconds} seconds; see the logs in ${FOLDER}`);
    await sleep(100);
  }
}

/** A port of the loopback interface: the first free one from here on, any with 0. */
export async function freePort(from = 0) {
  for (let port = from; ; port += 1) {
    const socket = createServer().listen(port, "127.0.0.1");
    const found = await new Promise((done) => {
      socket.once("listening", () => done(socket.address().port));
      socket.once("error", () => done(0));
    });
    if (found) await new Promise((done) => socket.close(done));
    if (found) return found;
    if (port > from + 100) throw new Error(`no free port from ${from} on`);
  }
}
