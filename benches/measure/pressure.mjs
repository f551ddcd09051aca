// L5 and L6: more than the server can do, and callers who send slowly on purpose.

import { spawn } from "node:child_process";
import { connect } from "node:net";
import { closed, open, statuses } from "../lib/load.mjs";
import { resident } from "../lib/process.mjs";
import { megabytes, middle, spread } from "../lib/report.mjs";

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** Four times as many callers as requests are worked on at once. */
const CROWD = 2048;

export async function overload({ origin, site, server, rows, rounds, say }) {
  const url = `${origin}/v1/whoami`;
  const headers = { authorization: `Bearer ${site.key}` };
  const steady = { rate: 300, seconds: 4, make: () => ({ url, headers, status: 200 }) };
  const [peak, goodput, p99, shed] = [[], [], [], []];
  const calm = await open(steady);
  let most = 0;
  for (let round = 1; round <= rounds; round += 1) {
    say(`L5 round ${round}`);
    peak.push(await closed(url, headers, { callers: 64, seconds: 5 }));
    const seen = await statuses(url, headers, { callers: CROWD, seconds: 5 });
    const other = Object.keys(seen.counts).filter((status) => !["200", "429", "503"].includes(status));
    if (other.length > 0) throw new Error(`overload was answered with ${other}`);
    goodput.push((seen.counts[200] ?? 0) / seen.seconds);
    shed.push(((seen.counts[429] ?? 0) + (seen.counts[503] ?? 0)) / seen.seconds);
    p99.push(seen.p99);
    most = Math.max(most, await resident(server.child.pid));
  }
  await sleep(10);
  const after = await open(steady);
  const share = middle(goodput).median / middle(peak).median;
  rows.push({
    id: "L5",
    what: `\`GET /v1/whoami\` with ${CROWD.toLocaleString("en")} callers at once; refused with 429 or 503; p99 of all`,
    baseline: `${spread(peak, 0, "/s")} with 64 callers`,
    product: `${spread(goodput, 0, "/s")}; ${spread(shed, 0, "/s")}; ${spread(p99, 0, " ms")}`,
    result: `${Math.round(share * 100)} % kept, ${megabytes(most).toFixed(0)} MB; p99 at 300/s ten seconds later ${after.p99.toFixed(1)} ms (${calm.p99.toFixed(1)} before)`,
    goal: ">= 80 % kept, no other 5xx, <= 512 MB, back to normal in 10 s",
    met: share >= 0.8 && megabytes(most) <= 512 && after.p99 <= Math.max(5, 2 * calm.p99),
  });
}

/** A thousand connections that never finish what they send, for 20 seconds. */
function attack(kind, url) {
  const words = [kind, "-c", "1000", "-r", "500", "-i", "2", "-l", "20", "-x", "8", "-u", url];
  if (kind === "-B") words.push("-s", "8192", "-f", "application/json", "-t", "POST");
  const child = spawn("slowhttptest", words, { stdio: "ignore" });
  return new Promise((done, failed) => child.once("exit", done).once("error", failed));
}

/** Seconds until the server closes a connection that sent this and no more. */
function closing(port, text) {
  const began = performance.now();
  return new Promise((done, failed) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.once("error", failed);
    socket.on("data", () => {});
    socket.once("close", () => done((performance.now() - began) / 1000));
  });
}

export async function slow({ origin, port, site, rows, rounds, say }) {
  const url = `${origin}/v1/whoami`;
  const headers = { authorization: `Bearer ${site.key}` };
  const steady = { rate: 300, seconds: 9, make: () => ({ url, headers, status: 200 }) };
  const head = `POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n`;
  const [calm, pressed, ends] = [[], [], []];
  for (let round = 1; round <= rounds; round += 1) {
    say(`L6 round ${round}`);
    calm.push(await open({ ...steady, seconds: 4 }));
    const attacks = [attack("-H", url), attack("-B", `${origin}/v1/echo`)];
    // All two thousand are connected after two seconds, and stay for about ten.
    await sleep(3);
    const closings = [closing(port, head), closing(port, `${head}\r\nhalf`)];
    pressed.push(await open(steady));
    ends.push(...(await Promise.all(closings)));
    await Promise.all(attacks);
  }
  const p = (list, which) => spread(list.map((time) => time[which]), 1, " ms");
  const p99 = middle(pressed.map((time) => time.p99)).median;
  rows.push({
    id: "L6",
    what: "`GET /v1/whoami` at 300/s beside 1,000 slow headers and 1,000 slow bodies (slowhttptest): p50, p99",
    baseline: `${p(calm, "p50")}, ${p(calm, "p99")} without them`,
    product: `${p(pressed, "p50")}, ${p(pressed, "p99")}`,
    result: `p99 ${p99.toFixed(1)} ms, 0 errors; what is half sent is closed after ${Math.max(...ends).toFixed(0)} s at most`,
    goal: "p99 <= 200 ms, closed <= 15 s",
    met: p99 <= 200 && Math.max(...ends) <= 15.5,
  });
}
