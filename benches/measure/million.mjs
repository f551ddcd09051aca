// P2, P3, P6, P9 and L9: lists, the page, the file, blocks and searches, with a thousand transactions and with a million.

import { execFileSync } from "node:child_process";
import { get } from "node:http";
import { join } from "node:path";
import { closed, once, open } from "../lib/load.mjs";
import { megabytes, middle, spread } from "../lib/report.mjs";
import { resident, start, stop } from "../lib/process.mjs";
import { blocks, customers } from "./blocks.mjs";

const [FEW, MANY] = [1_000, 1_000_000];
const CUSTOMERS = 10_000;
/** Behind every number that the server has given. */
const NUMBER = 10_000_000;

/** Of this customer is every twentieth deposit, so that there is a page of them among a thousand as well. */
const REGULAR = 77;

/** Writes deposits with these numbers, a second apart, into the database of a server that does not run. */
export function fill(file, from, until) {
  // Ids are numbers in 26 digits, which sort as they should.
  const numbers = (a, b) => `WITH RECURSIVE n (i) AS (SELECT ${a} UNION ALL SELECT i + 1 FROM n WHERE i < ${b})`;
  const merchant = "(SELECT id FROM merchants LIMIT 1)";
  const began = Date.now() - MANY * 1000;
  const customer = `iif(i % 20 = 7, ${REGULAR}, i % ${CUSTOMERS})`;
  const statements = [
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN;",
    `${numbers(0, CUSTOMERS - 1)} INSERT OR IGNORE INTO subaddresses (id, merchant_id, chain, customer_id, address,
       address_index, number, created_at)
     SELECT printf('sub_%026d', i), ${merchant}, 'bitcoin', 'customer-' || i, printf('bcrt1q%038d', i), ${NUMBER} + i, ${NUMBER} + i, ${began} FROM n;`,
    `${numbers(from, until - 1)} INSERT INTO transactions (id, merchant_id, subaddress_id, customer_id, chain, token, tx, place,
       address, amount, status, needed, block_height, block_hash, ready_height, received_at, confirmed_at, updated_at)
     SELECT printf('txn_%026d', i), ${merchant}, printf('sub_%026d', ${customer}), 'customer-' || ${customer},
       'bitcoin', 'BTC', printf('%064x', i), 'out:0', printf('bcrt1q%038d', ${customer}), printf('%078d', 1000 + i),
       CASE i % 10 WHEN 0 THEN 'dropped' ELSE 'collected' END, 2,
       CASE i % 10 WHEN 0 THEN NULL ELSE i END, CASE i % 10 WHEN 0 THEN NULL ELSE printf('%064x', i) END,
       CASE i % 10 WHEN 0 THEN NULL ELSE i + 1 END, ${began} + i * 1000, ${began} + i * 1000, ${began} + i * 1000 FROM n;`,
    // The server goes on behind these numbers.
    `UPDATE chains SET handed_out = max(handed_out, ${NUMBER + CUSTOMERS});`,
    `UPDATE account_keys SET addresses = max(addresses, ${NUMBER + CUSTOMERS});`,
    "COMMIT; PRAGMA wal_checkpoint(TRUNCATE);",
  ];
  execFileSync("sqlite3", ["-bail", file], { input: statements.join("\n"), stdio: ["pipe", "ignore", "inherit"] });
}

const id = (number) => `txn_${String(number).padStart(26, "0")}`;
const hash = (number) => number.toString(16).padStart(64, "0");

/** What is asked for, with so many rows in the table. */
const lists = (count) => ({
  "the first page": "",
  "a page in the middle": `&cursor=${id(count / 2)}`,
  "the last page": `&cursor=${id(50)}`,
  "by status": "&status=dropped",
  "by token": "&chain=bitcoin&token=BTC",
  "by customer": `&customer_id=customer-${REGULAR}`,
  "by hash": `&hash=${hash(777)}`,
  "by status and token": "&status=dropped&chain=bitcoin&token=BTC",
});

/** Times of every list, in milliseconds, at a fixed rate. */
async function times(origin, bearer, count, rounds) {
  const found = {};
  for (const [name, query] of Object.entries(lists(count))) {
    const url = `${origin}/v1/transactions?limit=50${query}`;
    const sample = await once(url, { headers: bearer });
    const { transactions } = JSON.parse(sample.body.toString() || "{}");
    if (sample.status !== 200 || !(transactions.length > 0)) throw new Error(`${url} answers ${sample.status}`);
    const make = () => ({ url, headers: bearer, status: 200 });
    await open({ rate: 100, seconds: 1, make });
    found[name] = [];
    for (let round = 0; round < rounds; round += 1) found[name].push(await open({ rate: 100, seconds: 3, make }));
  }
  return found;
}

/** Downloads a file; tells its rows a second and how much more memory the server had at most. */
async function download(url, headers, pid) {
  const before = await resident(pid);
  let [most, lines] = [before, 0];
  const began = performance.now();
  const watch = setInterval(async () => (most = Math.max(most, await resident(pid).catch(() => 0))), 50);
  await new Promise((done, failed) => {
    get(url, { headers }, (answer) => {
      if (answer.statusCode !== 200) failed(new Error(`${url} answers ${answer.statusCode}`));
      answer.on("data", (part) => {
        for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines += 1;
      });
      answer.on("end", done);
      answer.on("error", failed);
    }).on("error", failed);
  });
  const took = (performance.now() - began) / 1000;
  clearInterval(watch);
  if (lines <= MANY) throw new Error(`${url} has ${lines} lines`);
  return { rate: (lines - 1) / took, more: most - before };
}

/** Rows a second of the sqlite3 program writing the same columns. */
function dumped(file) {
  const columns = "id, received_at, status, chain, token, amount, customer_id, address, tx, block_height, confirmed_at";
  const began = performance.now();
  execFileSync("sqlite3", ["-csv", file, `SELECT ${columns} FROM transactions ORDER BY id DESC`], { stdio: "ignore" });
  return (MANY * 1000) / (performance.now() - began);
}

/** L9: searches on the page, whatever they find: what more than 200 rows begin with is looked for among the newest. */
const SEARCHES = {
  "a customer": `customer-${REGULAR}`,
  "what many customers' ids begin with": "customer-7",
  "what an old hash begins with": hash(777).slice(0, 63),
  "what 256 old hashes begin with, so that 20,000 newer rows are looked at": hash(777).slice(0, 62),
  "what nothing begins with": "zzzz",
};

async function searches(origin, cookie, rounds) {
  const found = {};
  const headers = { cookie, accept: "text/html" };
  for (const [name, q] of Object.entries(SEARCHES)) {
    const make = () => ({ url: `${origin}/transactions?q=${q}`, headers, status: 200 });
    await open({ rate: 20, seconds: 1, make });
    found[name] = [];
    for (let round = 0; round < rounds; round += 1) found[name].push(await open({ rate: 20, seconds: 3, make }));
  }
  return found;
}

export async function million(all) {
  const { origin, folder, serve, site, rows, rounds, say } = all;
  const file = join(folder, "aio.db");
  const bearer = { authorization: `Bearer ${site.key}` };
  const begin = () => start(...serve.command, serve);
  say(`P2 with ${FEW.toLocaleString("en")} transactions`);
  fill(file, 0, FEW);
  let server = await begin();
  const few = await times(origin, bearer, FEW, rounds);
  const payees = await customers(all);
  say(`P9 with ${FEW.toLocaleString("en")} transactions`);
  const early = await blocks(all, payees);
  await stop(server);
  say(`P2 with ${MANY.toLocaleString("en")} transactions (a minute to write them)`);
  fill(file, FEW, MANY);
  server = await begin();
  const many = await times(origin, bearer, MANY, rounds);
  say(`P9 with ${MANY.toLocaleString("en")} transactions`);
  const late = await blocks(all, payees);
  const p = (list, which) => spread(list.map((one) => one[which]), 1, " ms");
  for (const name of Object.keys(many)) {
    const at = (list, which) => middle(list[name].map((one) => one[which])).median;
    const share = at(many, "p50") / at(few, "p50");
    rows.push({
      id: "P2",
      what: `\`GET /v1/transactions?limit=50\` at 1,000,000 rows, ${name}: p50, p99`,
      baseline: `${p(few[name], "p50")}, ${p(few[name], "p99")} at 1,000 rows`,
      product: `${p(many[name], "p50")}, ${p(many[name], "p99")}`,
      result: `p50 ${share.toFixed(2)} x that of 1,000 rows`,
      goal: "<= 1.3 x; p50 < 3 ms, p99 < 15 ms",
      met: share <= 1.3 && at(many, "p50") < 3 && at(many, "p99") < 15,
    });
  }

  const [first, last] = [early, late].map((list) => middle(list).median);
  rows.push({
    id: "P9",
    what: "a block with 1,000 deposits to 1,000 of the watched addresses, applied in one transaction, at 1,000,000 rows",
    baseline: `${spread(early, 0, " ms")} at 1,000 rows`,
    product: spread(late, 0, " ms"),
    result: `${Math.round(last)} ms, ${(last / first).toFixed(2)} x that of 1,000 rows`,
    goal: "< 150 ms, independent of what is stored",
    met: last < 150 && last / first <= 1.3,
  });
  say("L9");
  for (const [name, list] of Object.entries(await searches(origin, site.cookie, rounds))) {
    const p99 = middle(list.map((one) => one.p99)).median;
    rows.push({
      id: "L9",
      what: `the transactions page searched for ${name}, 1,000,000 rows: p50, p99`,
      product: `${p(list, "p50")}, ${p(list, "p99")}`,
      result: `p99 ${p99.toFixed(1)} ms`,
      goal: "p99 <= 100 ms",
      met: p99 <= 100,
    });
  }

  const headers = { cookie: site.cookie, accept: "text/html" };
  const page = `${origin}/transactions`;
  const sample = await once(page, { headers });
  const shown = new Set(sample.body.toString().match(/txn_[0-9a-z]{26}/g)).size;
  if (sample.status !== 200 || shown < 50) throw new Error(`/transactions answers ${sample.status} with ${shown} rows`);
  const rates = { light: [], full: [] };
  const steady = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`P3 transactions, round ${round}`);
    rates.light.push(await closed(`${origin}/sign-in`, { accept: "text/html" }, { callers: 8, seconds: 4 }));
    rates.full.push(await closed(page, headers, { callers: 8, seconds: 4 }));
    steady.push(await open({ rate: 40, seconds: 4, make: () => ({ url: page, headers, status: 200 }) }));
  }
  const share = middle(rates.full).median / middle(rates.light).median;
  const p50 = middle(steady.map((one) => one.p50)).median;
  rows.push({
    id: "P3",
    what: `transactions page, signed in, 50 rows of 1,000,000 (${Math.round(sample.body.length / 1000)} KB), beside the sign-in page; p50, p99 at a fixed 40/s`,
    baseline: spread(rates.light, 0, "/s"),
    product: `${spread(rates.full, 0, "/s")}; ${p(steady, "p50")}, ${p(steady, "p99")}`,
    result: `${Math.round(share * 100)} % of the baseline`,
    goal: ">= 25 %, p50 < 8 ms",
    met: share >= 0.25 && p50 < 8,
  });

  const files = [];
  const dumps = [];
  for (let round = 1; round <= rounds; round += 1) {
    say(`P6 round ${round}`);
    dumps.push(dumped(file));
    files.push(await download(`${origin}/transactions.csv?dust=1`, headers, server.child.pid));
  }
  const rate = middle(files.map((one) => one.rate)).median;
  const more = middle(files.map((one) => one.more)).median;
  rows.push({
    id: "P6",
    what: "CSV of 1,000,000 transactions, one download; most memory beside it",
    baseline: `${spread(dumps, 0, " rows/s")} sqlite3 -csv`,
    product: `${spread(files.map((one) => one.rate), 0, " rows/s")}; ${megabytes(more).toFixed(1)} MB more`,
    result: `${Math.round(rate).toLocaleString("en")} rows/s`,
    goal: ">= 200,000 rows/s, < 32 MB more",
    met: rate >= 200_000 && megabytes(more) < 32,
  });
  await stop(server);
}
