// What specs with real payments share: the nodes, servers that read them, and the way to a payment.

import { arrive, expect, open, test as base, type Page } from "./test";
import { dialog, heading, press } from "./pages";
import { Anvil } from "./anvil";
import { Knots } from "./knots";
import { Site } from "./site";

interface Nodes {
  /** Bitcoin. */
  node: Knots;
  /** An Ethereum-type chain. */
  anvil: Anvil;
}

/** One node of each kind and one server that reads both, for all tests of a worker. */
export const test = base.extend<object, Nodes>({
  node: [
    async ({}, use) => {
      const node = await Knots.start();
      await use(node);
      await node.close();
    },
    { scope: "worker" },
  ],
  anvil: [
    async ({}, use) => {
      const anvil = await Anvil.start();
      await use(anvil);
      await anvil.close();
    },
    { scope: "worker" },
  ],
  shared: [
    async ({ node, anvil }, use) => {
      const site = await Site.withOwner(chains(node, anvil));
      await use(site);
      await site.close();
    },
    { scope: "worker" },
  ],
  site: async ({ server, shared, node, anvil }, use, info) => {
    const site = server === "shared" ? shared : await Site.withOwner(chains(node, anvil));
    const before = server === "shared" ? site.server.log.length : 0;
    await use(site);
    if (info.status !== info.expectedStatus) {
      await info.attach("server log", { body: site.server.log.slice(before) || "(nothing)" });
    }
    if (server !== "shared") await site.close();
  },
});

const chains = (node: Knots, anvil: Anvil): string => [node.settings(), anvil.settings()].join("\n\n");

/** Makes an address in the dialog; answers it whole, as the page shows it. */
export async function makeAddress(page: Page, customer: string, chain = "bitcoin"): Promise<string> {
  await open(page, "/subaddresses");
  await page.getByRole("link", { name: "New subaddress" }).first().click();
  await dialog(page).getByLabel("Customer id").fill(customer);
  await dialog(page).getByLabel("Chain").selectOption(chain);
  // The server begins to read the chain within a moment of its start.
  await press(page, "Create subaddress");
  await arrive(page, /\/subaddresses\/sub_\w+\?created=1$/);
  await expect(heading(page, customer)).toBeVisible();
  return shownAddress(page);
}

/** The address that the page of a subaddress shows, whole. */
export async function shownAddress(page: Page): Promise<string> {
  return (await page.locator(".facts .groups").first().innerText()).replace(/\s/g, "");
}

/** Opens the list again and again until it says what the chain says. */
export async function listed(page: Page, path: string, words: RegExp): Promise<void> {
  await expect(async () => {
    await open(page, path);
    await expect(page.getByRole("table")).toContainText(words, { timeout: 500 });
  }).toPass({ timeout: 20_000 });
}
