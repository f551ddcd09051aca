// `make bench`: measures target/dist/aio beside its baselines and writes the table of docs/performance.md.
// Arguments: the release binary and the baseline server.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { closed, hold, once, open } from "./lib/load.mjs";
import { Knots } from "./lib/knots.mjs";
import { clean, freePort, resident, start, stop } from "./lib/process.mjs";
import { megabytes, middle, spread, write } from "./lib/report.mjs";
import { KEYS, RULES, seed } from "./lib/seed.mjs";
import { durable } from "./measure/durable.mjs";
import { encrypted } from "./measure/encrypted.mjs";
import { million } from "./measure/million.mjs";
import { overload, slow } from "./measure/pressure.mjs";

const run = promisify(execFile);
const [binary, baseline] = process.argv.slice(2).map((path) => resolve(path));
const ROUNDS = 3;
const rows = [];
const say = (text) => console.error(`==> ${text}`);
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const percent = (share) => `${Math.round(share * 100)} %`;
const ratio = (values, base) => middle(values).median / middle(base).median;

const folder = await mkdtemp(join(tmpdir(), "aio-bench-"));
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const config = join(folder, "aio.toml");
const serve = { origin, command: [binary, ["serve", "--config", config]], log: join(folder, "log"), ready: /AIO serves/ };
const started = () => start(...serve.command, serve);

const node = await Knots.start(folder);

try {
  await prepare();
  say(`seeding ${KEYS} keys`);
  const site = await seed(folder, serve);
  const bearer = { authorization: `Bearer ${site.key}` };
  await startTime();
  await memory(bearer);
  const server = await started();
  await frontDoor(bearer, site.keyId);
  await page(site.cookie);
  const all = { origin, port, folder, serve, site, server, rows, node, rounds: ROUNDS, say };
  await durable(all);
  await encrypted(all);
  await hashing(bearer, site.owner);
  await overload(all);
  await slow(all);
  await stop(server);
  // Last, because the database is large from here on.
  await million(all);
  await node.stop();
  await weight();
  rows.sort((a, b) => b.id.codePointAt(0) - a.id.codePointAt(0) || Number(a.id.slice(1)) - Number(b.id.slice(1)));
  write(rows);
  say("the table of docs/performance.md is written");
} finally {
  for (const { id, what, baseline = "-", product, result, goal } of rows) {
    console.log(`${id} ${what}\n    ${baseline} | ${product} | ${result} (goal ${goal})`);
  }
  await rm(folder, { recursive: true, force: true });
}

async function prepare() {
  const settings = [
    `listen = "127.0.0.1:${port}"`,
    `origin = "${origin}"`,
    `network = "test"`,
    `master_key_file = "${join(folder, "master.key")}"`,
    `site_root = "${resolve("target/site")}"`,
    "[database]",
    `url = "sqlite:${join(folder, "aio.db")}"`,
    "[limits]",
    "address_per_minute = 6000000",
    ...node.settings(),
  ];
  await writeFile(config, `${settings.join("\n")}\n`);
  await run(binary, ["key", "init", "--file", join(folder, "master.key")], { env: clean() });
}

/** P11: from the start of the process to the first good answer. */
async function startTime() {
  say("P11 start");
  const took = [];
  for (let n = 0; n < 10; n += 1) {
    const began = performance.now();
    const starting = started();
    for (;;) {
      const answer = await once(`${origin}/healthz`).catch(() => undefined);
      if (answer?.status === 200) break;
      if (performance.now() - began > 10_000) throw new Error("no answer ten seconds after the start");
      await sleep(0.002);
    }
    took.push(performance.now() - began);
    await stop(await starting);
  }
  rows.push({
    id: "P11",
    what: "start on a migrated database, 10 times, to the first answer",
    product: spread(took, 0, " ms"),
    result: `${Math.round(middle(took).median)} ms`,
    goal: "< 300 ms",
    met: middle(took).median < 300,
  });
}

/** P7: resident memory after the start, idle, and with many idle connections. */
async function memory(bearer) {
  say("P7 memory: a minute of idling");
  const server = await started();
  const pid = server.child.pid;
  const fresh = await resident(pid);
  await sleep(60);
  const idle = await resident(pid);
  rows.push({
    id: "P7",
    what: "resident memory after the start, and after 60 s idle",
    product: `${megabytes(fresh).toFixed(1)} MB, ${megabytes(idle).toFixed(1)} MB`,
    result: `${megabytes(idle).toFixed(1)} MB`,
    goal: "< 60 MB",
    met: megabytes(idle) < 60,
  });
  // This process and the server each need a file descriptor per connection.
  const limit = Number((await run("bash", ["-c", "ulimit -n"])).stdout) || Infinity;
  const count = Math.min(5000, limit - 500);
  say(`P7 memory: ${count} idle connections`);
  const release = await hold(port, count, bearer);
  // The allocator gives freed memory back some seconds later.
  await sleep(15);
  const more = (await resident(pid)) - idle;
  release();
  rows.push({
    id: "P7",
    what: `more memory with ${count.toLocaleString("en")} connections that were used once and idle`,
    product: `${megabytes(more).toFixed(1)} MB`,
    result: `${((more / count) / 1024).toFixed(1)} KB each`,
    goal: "< 100 MB at 5,000",
    met: count === 5000 ? megabytes(more) < 100 : undefined,
  });
  await stop(server);
}

/** P1: the cheapest call of the merchant API. */
async function frontDoor(bearer, keyId) {
  const bare = await start(baseline, [join(folder, "aio.db"), keyId], { ready: /serves/, log: join(folder, "baseline.log") });
  const bareUrl = `${/http:\S+/.exec(bare.said)[0]}/v1/whoami`;
  const ours = `${origin}/v1/whoami`;
  const rates = { bare: [], ours: [] };
  const times = { bare: [], ours: [] };
  const load = { callers: 16, seconds: 5 };
  await closed(ours, bearer, { callers: 16, seconds: 1 });
  await closed(bareUrl, bearer, { callers: 16, seconds: 1 });
  for (let round = 1; round <= ROUNDS; round += 1) {
    say(`P1 round ${round}`);
    rates.bare.push(await closed(bareUrl, bearer, load));
    rates.ours.push(await closed(ours, bearer, load));
    const steady = { rate: 300, seconds: 4 };
    times.bare.push(await open({ ...steady, make: () => ({ url: bareUrl, headers: bearer, status: 200 }) }));
    times.ours.push(await open({ ...steady, make: () => ({ url: ours, headers: bearer, status: 200 }) }));
  }
  const share = ratio(rates.ours, rates.bare);
  rows.push({
    id: "P1",
    what: `\`GET /v1/whoami\`, 16 callers, a key with ${RULES} rules`,
    baseline: spread(rates.bare, 0, "/s"),
    product: spread(rates.ours, 0, "/s"),
    result: `${percent(share)} of the baseline`,
    goal: ">= 60 %",
    met: share >= 0.6,
  });
  const p = (list, which) => spread(list.map((times) => times[which]), 1, " ms");
  rows.push({
    id: "P1",
    what: "the same at a fixed 300/s: p50, p99",
    baseline: `${p(times.bare, "p50")}, ${p(times.bare, "p99")}`,
    product: `${p(times.ours, "p50")}, ${p(times.ours, "p99")}`,
    result: `${middle(times.ours.map((t) => t.count)).median.toLocaleString("en")} a round, 0 errors`,
    goal: "-",
  });
  await stop(bare);
}

/** P3: the heaviest page there is so far, beside the lightest. */
async function page(cookie) {
  const [light, full] = [`${origin}/sign-in`, `${origin}/api-keys`];
  const headers = { cookie, accept: "text/html" };
  const sample = await once(full, { headers });
  const shown = new Set(sample.body.toString().match(/Shop \d+/g)).size;
  if (sample.status !== 200 || shown !== KEYS) throw new Error(`/api-keys answers ${sample.status} with ${shown} keys`);
  const empty = (await once(light, { headers: { accept: "text/html" } })).body.length;
  const rates = { light: [], full: [] };
  const times = [];
  const load = { callers: 8, seconds: 5 };
  await closed(full, headers, { callers: 8, seconds: 1 });
  for (let round = 1; round <= ROUNDS; round += 1) {
    say(`P3 round ${round}`);
    rates.light.push(await closed(light, { accept: "text/html" }, load));
    rates.full.push(await closed(full, headers, load));
    times.push(await open({ rate: 40, seconds: 4, make: () => ({ url: full, headers, status: 200 }) }));
  }
  const share = ratio(rates.full, rates.light);
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} KB`;
  rows.push({
    id: "P3",
    what: `page of ${KEYS} API keys, signed in (${kilobytes(sample.body.length)}), beside the sign-in page (${kilobytes(empty)})`,
    baseline: spread(rates.light, 0, "/s"),
    product: spread(rates.full, 0, "/s"),
    result: `${percent(share)} of the baseline`,
    goal: ">= 25 %",
    met: share >= 0.25,
  });
  const p50 = middle(times.map((time) => time.p50)).median;
  rows.push({
    id: "P3",
    what: "the same at a fixed 40/s: p50, p99",
    product: `${spread(times.map((t) => t.p50), 1, " ms")}, ${spread(times.map((t) => t.p99), 1, " ms")}`,
    result: `p50 ${p50.toFixed(1)} ms`,
    goal: "p50 < 8 ms",
    met: p50 < 8,
  });
}

/** P10: sign-ins with the right password, while the merchant API goes on. */
async function hashing(bearer, owner) {
  const whoami = { url: `${origin}/v1/whoami`, headers: bearer, status: 200 };
  const body = new URLSearchParams({ email: owner.email, password: owner.password }).toString();
  const signIn = (n, round) => ({
    url: `${origin}/api/session/sign-in`,
    method: "POST",
    status: 302,
    location: "/challenge",
    body,
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "text/html", origin, referer: `${origin}/sign-in` },
    // Tries are limited by network, so each comes from an address of its own.
    localAddress: `127.0.${round}.${1 + (n % 250)}`,
  });
  const steady = { rate: 300, seconds: 10, make: () => whoami };
  const [idle, busy, signIns] = [[], [], []];
  for (let round = 1; round <= ROUNDS; round += 1) {
    say(`P10 round ${round}`);
    idle.push(await open(steady));
    const [api, people] = await Promise.all([open(steady), open({ rate: 15, seconds: 10, make: (n) => signIn(n, round) })]);
    busy.push(api);
    signIns.push(people);
  }
  const times = (list) => list.map((time) => time.p99);
  const factor = ratio(times(busy), times(idle));
  rows.push({
    id: "P10",
    what: "p99 of `GET /v1/whoami` at 300/s, while 15 people a second sign in",
    baseline: `${spread(times(idle), 1, " ms")} without sign-ins`,
    product: spread(times(busy), 1, " ms"),
    result: `${factor.toFixed(1)} x idle`,
    goal: "<= 2 x",
    met: factor <= 2,
  });
  rows.push({
    id: "P10",
    what: "those sign-ins, at a fixed 15/s: p50, p99",
    product: `${spread(signIns.map((t) => t.p50), 0, " ms")}, ${spread(times(signIns), 0, " ms")}`,
    result: `${signIns.reduce((sum, t) => sum + t.count, 0)} sign-ins, 0 errors, ${cpus().length} cores`,
    goal: "15/s, p99 < 1 s",
    met: middle(times(signIns)).median < 1000,
  });
}

/** P8: what a browser downloads; the limits themselves fail the build. */
async function weight() {
  const goals = { wasm: 350, JavaScript: 16, CSS: 15, fonts: 55, "sign-in page's files": 90 };
  // When a limit is passed the script fails, and the table says which.
  const { stdout } = await run("scripts/size-budget").catch((error) => error);
  for (const [, name, size, limit] of stdout.matchAll(/^ {2}(\S.*?) {2,}([\d.]+) KB of +(\d+)/gm)) {
    if (!(name in goals)) continue;
    rows.push({
      id: "P8",
      what: `${name}, as sent${name in { fonts: 1 } ? "" : " (brotli)"}`,
      product: `${size} KB`,
      result: `${size} KB; ${limit} KB fail the build`,
      goal: `<= ${goals[name]} KB`,
      met: Number(size) <= goals[name],
    });
  }
}
