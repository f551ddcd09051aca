// Starting and ending servers, and what the kernel knows of them.

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";

// None outlives this process, however it ends.
const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

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

/** Starts a program and waits until it says `ready`; the log goes to a file, as a service's would. */
export async function start(command, words, { ready, log, env = {} }) {
  const child = spawn(command, words, { env: { ...clean(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  const file = createWriteStream(log, { flags: "a" });
  let said = "";
  await new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`${command} does not get ready:\n${said}`)), 20_000);
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`${command} ended with ${code}:\n${said}`)));
    const listen = (text) => {
      if (said.length < 20_000) said += text;
      if (!ready.test(said)) return;
      clearTimeout(timer);
      done();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.stdout.pipe(file);
    child.stderr.pipe(file);
  });
  return { child, said };
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
