// Load from this process or from wrk. Every answer that is not the expected one stops the run.

import { execFile } from "node:child_process";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { promisify } from "node:util";

const run = promisify(execFile);

/** One request, whole. */
export function once(url, { method = "GET", headers = {}, body, agent, localAddress } = {}) {
  return new Promise((done, failed) => {
    const sent = request(url, { method, headers, agent, localAddress }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", failed);
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    sent.on("error", failed);
    sent.end(body);
  });
}

/** As many requests as `callers` get answered, one after the other: requests per second. */
export async function closed(url, headers, { callers, seconds }) {
  const sample = await once(url, { headers });
  if (sample.status !== 200) throw new Error(`${url} answers ${sample.status}`);
  const words = ["-t1", `-c${callers}`, `-d${seconds}s`, "--latency"];
  for (const [name, value] of Object.entries(headers)) words.push("-H", `${name}: ${value}`);
  const { stdout } = await run("wrk", [...words, url]);
  if (/Socket errors|Non-2xx/.test(stdout)) throw new Error(`${url}: unexpected answers\n${stdout}`);
  const [, count] = /(\d+) requests in/.exec(stdout);
  const [, amount, unit] = /requests in [^,]+, ([\d.]+)(KB|MB|GB) read/.exec(stdout);
  const bytes = Number(amount) * { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }[unit];
  // wrk takes a redirect for a success; a page that became another one has another size.
  const each = bytes / Number(count);
  if (each < sample.body.length * 0.97) throw new Error(`${url}: answers of ${each} bytes, expected ${sample.body.length}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
}

const script = (name) => new URL(name, import.meta.url).pathname;
const LATENCY = { us: 0.001, ms: 1, s: 1000 };

/** What wrk says at its end: requests a second, and the p99 in milliseconds. */
function said(stdout) {
  const [, number, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]), p99: Number(number) * LATENCY[unit] };
}

/** Posts of posts.lua from `callers` callers: requests per second, and their p99. */
export async function posts(url, words, { callers, seconds }) {
  const options = ["-t1", `-c${callers}`, `-d${seconds}s`, "--latency", "-s", script("posts.lua")];
  const { stdout } = await run("wrk", [...options, url, "--", ...words]);
  if (/Socket errors|Non-2xx/.test(stdout)) throw new Error(`${url}: unexpected answers\n${stdout}`);
  return said(stdout);
}

/** As many answers as `callers` callers get, whatever they are: how many of each status, and the p99 of all. */
export async function statuses(url, headers, { callers, seconds }) {
  const words = ["-t1", `-c${callers}`, `-d${seconds}s`, "--latency", "--timeout", "5s", "-s", script("statuses.lua")];
  for (const [name, value] of Object.entries(headers)) words.push("-H", `${name}: ${value}`);
  const { stdout } = await run("wrk", [...words, url]);
  if (/Socket errors/.test(stdout)) throw new Error(`${url}: ${/Socket errors.*/.exec(stdout)[0]}`);
  const counts = Object.fromEntries([...stdout.matchAll(/^status (\d+) (\d+)$/gm)].map(([, status, count]) => [status, Number(count)]));
  return { counts, seconds, ...said(stdout) };
}

/**
 * A fixed number of requests per second, whether the server keeps up or not. Times count from the moment at which a
 * request was due, so a stall is not hidden. `make(n)` gives the n-th request, with the status and, if it is to lead
 * somewhere, the place that its answer must have.
 */
export async function open({ rate, seconds, make }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const began = performance.now();
  const took = [];
  const wrong = new Map();
  const work = [];
  const total = Math.round(rate * seconds);
  for (let n = 0; n < total; n += 1) {
    const due = began + (n * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    const { url, status, location, ...options } = make(n);
    const count = (what) => wrong.set(what, (wrong.get(what) ?? 0) + 1);
    // A request from an address of its own has a connection of its own.
    const sent = once(url, { ...options, agent: options.localAddress ? undefined : agent });
    work.push(
      sent.then(
        (answer) => {
          const fits = answer.status === status && answer.headers.location === location;
          if (fits) took.push(performance.now() - due);
          else count(`status ${answer.status} ${answer.headers.location ?? ""}`);
        },
        (error) => count(error.code ?? error.message),
      ),
    );
  }
  await Promise.all(work);
  agent.destroy();
  if (wrong.size > 0) throw new Error(`unexpected answers: ${JSON.stringify([...wrong])}`);
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))];
  return { count: took.length, p50: at(0.5), p99: at(0.99), max: took[took.length - 1] };
}

/** Opens connections, proves each with one answered request, and keeps them open. */
export async function hold(port, count, headers) {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const text = `GET /v1/whoami HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${head}\r\n`;
  const sockets = [];
  for (let n = 0; n < count; n += 100) {
    const some = Array.from({ length: Math.min(100, count - n) }, () => answered(port, text));
    sockets.push(...(await Promise.all(some)));
  }
  return () => sockets.forEach((socket) => socket.destroy());
}

function answered(port, text) {
  return new Promise((done, failed) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.once("error", failed);
    socket.once("data", (data) => {
      const line = data.toString("latin1", 0, 15);
      if (line.startsWith("HTTP/1.1 200")) done(socket);
      else failed(new Error(`a connection was answered with ${line}`));
    });
  });
}
