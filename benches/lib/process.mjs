// Starting and ending servers, and what the kernel knows of them.

import { spawn } from "node:child_process";
import { open as openFile, readFile } from "node:fs/promises";
import { createServer } from "node:net";

// None outlives this process, however it ends.
const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A port of the loopback interface that is free now. */
export function freePort() {
  return new Promise((found, failed) => {
    const socket = createServer();
    socket.on("error", failed);
    socket.listen(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => found(port));
    });
  });
}

/**
 * Starts a program and waits until it says `ready`. Both its outputs go straight to a file, as a service's would: a
 * pipe would make this process work for each line of the log.
 */
export async function start(command, words, { ready, log, env = {} }) {
  const file = await openFile(log, "a");
  const from = (await file.stat()).size;
  const child = spawn(command, words, { env: { ...clean(), ...env }, stdio: ["ignore", file.fd, file.fd] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  const failed = new Promise((_, fail) => child.once("error", fail));
  failed.catch(() => {});
  await file.close();
  const began = performance.now();
  for (;;) {
    const said = (await readFile(log)).subarray(from).toString();
    if (ready.test(said)) return { child, said };
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() - began > 20_000) throw new Error(`${command} does not serve:\n${said}`);
    await Promise.race([failed, new Promise((done) => setTimeout(done, 5))]);
  }
}

/** Ends a server as an operator does. */
export function stop({ child }) {
  if (child.exitCode !== null) throw new Error(`a server had ended with ${child.exitCode}`);
  return new Promise((done) => {
    child.once("exit", done);
    child.kill("SIGTERM");
  });
}

/** Resident memory of a process, in bytes. */
export async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

/** The environment without settings of AIO, which would get into the measured server. */
export function clean() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AIO_")));
}
