// `make demo`: nodes, server, owner, customers, until Ctrl-C. scripts/demo has emptied var/demo and built the release.

import { writeFile } from "node:fs/promises";
import { forget } from "./codes.mjs";
import { Bitcoin, Ethereum } from "./nodes.mjs";
import { FOLDER, say, stopAll } from "./process.mjs";
import { Shop, mine } from "./shop.mjs";
import { Site } from "./site.mjs";

const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);

async function stop() {
  // The second time nothing is waited for; what runs is killed when this process ends.
  if (ended.signal.aborted) process.exit(1);
  ended.abort();
  say("stopping the server and both nodes; again to kill them");
  await stopAll();
  await forget();
  say(`stopped. The logs stay in ${FOLDER}; the next start begins afresh`);
  process.exit(0);
}

/** What the person needs, in one piece. */
function welcome({ origin }, { email, password, uri }, key) {
  return `
────────────────────────────────────────────────────────────────────────────
  Open      ${origin}
  E-mail    ${email}
  Password  ${password}
  Code      scripts/demo code      (each works once, and a new one comes every 30 s)
            or add this to an authenticator app:
            ${uri}

  API key   ${key}
  Try it    curl -sS "${origin}/v1/transactions?limit=3" -H "Authorization: Bearer ${key}"

  Look at Transactions, Collection and Gas while customers pay. Ctrl-C stops it.
  These lines stay in ${FOLDER}/access.txt.
────────────────────────────────────────────────────────────────────────────
`;
}

async function main() {
  const ethereum = await Ethereum.start();
  say(`anvil, a local Ethereum-type node, at ${ethereum.url}; test token TUSD at ${ethereum.token}`);
  const bitcoin = await Bitcoin.start();
  say(`Bitcoin Knots, a local regtest node, at ${bitcoin.url}`);
  const chains = [ethereum, bitcoin];
  const site = await Site.start(chains);
  say(`aio serve at ${site.origin}; settings in ${FOLDER}/aio.toml, log in ${FOLDER}/aio.log`);
  for (const chain of chains) mine(chain, 2500, ended.signal);

  const owner = await site.setUp();
  const key = await site.createKey("Demo shop");
  const shop = new Shop(site.origin, key);
  await shop.open(chains);
  const gas = await site.gasAddress();
  await ethereum.fill(gas, "2");
  say(`2 ETH to the gas address ${gas}`);
  shop.sell(chains, ended.signal);
  shop.listen(ended.signal);
  for (const chain of chains) say(`money on ${chain.id} goes to ${await site.collect(chain)}`);

  const lines = welcome(site, owner, key);
  await writeFile(`${FOLDER}/access.txt`, lines, { mode: 0o600 });
  console.log(lines);
}

await main().catch(async (error) => {
  if (ended.signal.aborted) return;
  console.error(`AIO: ${error.message}`);
  ended.abort();
  await stopAll();
  process.exit(1);
});
