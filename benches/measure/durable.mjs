// P4 and L1: requests that are in the database before they are answered: a subaddress for a customer who has none.

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { open, posts } from "../lib/load.mjs";
import { middle, spread } from "../lib/report.mjs";

const COMMITS = 2000;

/** Commits a second of the sqlite3 program: the same kind of file, the same durability, one row each. */
function commits(folder) {
  const file = join(folder, "commits.db");
  const lines = ["PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (id TEXT PRIMARY KEY, body TEXT);"];
  for (let n = 0; n < COMMITS; n += 1) lines.push(`INSERT INTO t VALUES ('${randomUUID()}', '{"order":"1"}');`);
  const began = performance.now();
  execFileSync("sqlite3", [file], { input: lines.join("\n"), stdio: ["pipe", "ignore", "inherit"] });
  return (COMMITS * 1000) / (performance.now() - began);
}

export async function durable({ origin, folder, site, rows, rounds, say }) {
  const [alone, many, bare, steady] = [[], [], [], []];
  const post = (callers) => posts(`${origin}/v1/subaddresses`, [site.key, randomUUID()], { callers, seconds: 4 });
  const one = () => ({
    url: `${origin}/v1/subaddresses`,
    method: "POST",
    status: 200,
    body: JSON.stringify({ chain: "bitcoin", customer_id: randomUUID() }),
    headers: { authorization: `Bearer ${site.key}`, "content-type": "application/json" },
  });
  for (let round = 1; round <= rounds; round += 1) {
    say(`P4 round ${round}`);
    bare.push(commits(folder));
    alone.push(await post(1));
    many.push(await post(64));
    steady.push(await open({ rate: 250, seconds: 4, make: one }));
  }
  const rate = (list) => list.map((one) => one.rate);
  const p99 = (list) => list.map((one) => one.p99);
  const baseline = `${spread(bare, 0, "/s")} sqlite3, one commit each`;
  const [first, second] = [middle(rate(alone)).median, middle(rate(many)).median];
  rows.push(
    {
      id: "P4",
      what: "`POST /v1/subaddresses` for a new customer, one durable commit each, one caller",
      baseline,
      product: spread(rate(alone), 0, "/s"),
      result: `${Math.round(first)}/s`,
      goal: ">= 250/s",
      met: first >= 250,
    },
    {
      id: "P4",
      what: "the same with 64 callers; p99",
      baseline,
      product: `${spread(rate(many), 0, "/s")}; ${spread(p99(many), 1, " ms")}`,
      result: `${Math.round(second)}/s`,
      goal: ">= 1,500/s, p99 <= 60 ms",
      met: second >= 1500 && middle(p99(many)).median <= 60,
    },
    {
      id: "L1",
      what: "the same at a fixed 250/s: p50, p99",
      product: `${spread(steady.map((time) => time.p50), 1, " ms")}, ${spread(p99(steady), 1, " ms")}`,
      result: `${middle(steady.map((time) => time.count)).median} a round, 0 errors`,
      goal: "p99 <= 40 ms",
      met: middle(p99(steady)).median <= 40,
    },
  );
}
