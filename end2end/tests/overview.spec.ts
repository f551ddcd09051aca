// The first page: what a new shop is told to do, what a payment changes, and the chart with and without scripts.

import { arrive, bothWays, expect, open, test as base, type Page } from "../support/test";
import { dialog, heading, press } from "../support/pages";
import { Knots } from "../support/knots";
import { look } from "../support/looks";
import { Site } from "../support/site";

/** One node and one server that reads it for all tests of a worker. */
const test = base.extend<object, { node: Knots }>({
  node: [
    async ({}, use) => {
      const node = await Knots.start();
      await use(node);
      await node.close();
    },
    { scope: "worker" },
  ],
  shared: [
    async ({ node }, use) => {
      const site = await Site.withOwner(node.settings());
      await use(site);
      await site.close();
    },
    { scope: "worker" },
  ],
  site: async ({ server, shared, node }, use, info) => {
    const site = server === "shared" ? shared : await Site.withOwner(node.settings());
    await use(site);
    if (info.status !== info.expectedStatus) {
      await info.attach("server log", { body: site.server.log || "(nothing)" });
    }
    if (server !== "shared") await site.close();
  },
});

/** Makes an address in the dialog; answers it whole, as the page shows it. */
async function makeAddress(page: Page, customer: string): Promise<string> {
  await open(page, "/subaddresses/new");
  await dialog(page).getByLabel("Customer id").fill(customer);
  await press(page, "Create subaddress");
  await arrive(page, /\/subaddresses\/sub_\w+\?created=1$/);
  await expect(heading(page, customer)).toBeVisible();
  return (await page.locator(".facts .groups").first().innerText()).replace(/\s/g, "");
}

/** The card under a heading. */
const card = (page: Page, name: string) =>
  page.locator("section.card").filter({ has: page.getByRole("heading", { name, exact: true }) });

/** Opens the page again and again until a card says what the chain says. */
async function told(page: Page, name: string, words: RegExp): Promise<void> {
  await expect(async () => {
    await open(page, "/");
    await expect(card(page, name)).toContainText(words, { timeout: 500 });
  }).toPass({ timeout: 20_000 });
}

bothWays(() => {
  test("a payment is told on the first page, and its chart is chosen by links", async ({ owner: page, node }, info) => {
    await node.pay(await makeAddress(page, `first-${info.testId}`), "0.25");
    await told(page, "Awaiting confirmation", /Detected: [1-9]/);
    await expect(card(page, "Received in 24 hours")).toContainText(/\d+(\.\d+)?\sBTC/);
    await card(page, "Awaiting confirmation").getByRole("link", { name: /^Detected/ }).click();
    await arrive(page, "/transactions?status=detected");
    await expect(page.getByRole("table")).toContainText("0.25");
    await node.mine(2);
    await told(page, "Uncollected balance", /BTC/);
    await expect(card(page, "Latest payments").getByRole("link", { name: "0.25 BTC" }).first()).toBeVisible();

    const chart = card(page, "Volume");
    await expect(chart.getByRole("img", { name: /^Received each day in BTC, the last 14 days/ })).toBeVisible();
    await expect(chart.locator("rect")).toHaveCount(14);
    await chart.getByRole("link", { name: "30 days" }).click();
    await arrive(page, /[/]\?days=30&token=bitcoin%3ABTC$/);
    await expect(chart.locator("rect")).toHaveCount(30);
    await expect(chart.getByRole("link", { name: "30 days" })).toHaveAttribute("aria-current", "page");
    await chart.getByText("View as a table").click();
    await expect(chart.getByRole("row")).toHaveCount(31);
  });

  test("the page is the first entry of the navigation", async ({ owner: page }) => {
    await open(page, "/api-keys");
    await page.getByRole("link", { name: "Overview" }).click();
    await arrive(page, "/");
    await expect(heading(page, "Overview")).toBeVisible();
    await expect(page.getByRole("link", { name: "Overview" })).toHaveAttribute("aria-current", "page");
    await expect(page.getByRole("link", { name: "API keys", exact: true })).not.toHaveAttribute("aria-current");
  });
});

for (const [language, locale] of [
  ["en", "en-GB"],
  ["zh", "zh-CN"],
] as const) {
  test.describe(`in ${language}`, () => {
    test.use({ locale, server: "own" });

    test("the overview of a new shop and of one that sells looks right", async ({ owner: page, site, node }) => {
      test.slow();
      await open(page, "/");
      await look(page, "overview-new", language);
      await site.createKey({ label: "Till" });
      const staff = await site.someone();
      const addresses: string[] = [];
      // The server begins to read the chain within a moment of its start.
      for (const customer of ["customer-1", "张伟"]) {
        const form = { chain: "bitcoin", customer };
        const made = await staff.must("/api/subaddresses/create", form, /\/subaddresses\/sub_/);
        await open(page, new URL(made.location, site.origin).pathname);
        addresses.push((await page.locator(".facts .groups").first().innerText()).replace(/\s/g, ""));
      }
      for (const [at, coins] of ["0.25", "12.5", "0.00012345"].entries()) {
        await node.pay(addresses[at % 2] ?? "", coins);
        if (at < 2) await node.mine(2);
      }
      await expect(async () => {
        await open(page, "/");
        await expect(page.getByRole("table").first()).toContainText("0.00012345", { timeout: 500 });
      }).toPass({ timeout: 20_000 });
      await look(page, "overview", language);
      await page.locator(".as-table summary").click();
      await look(page, "overview-table", language);
    });
  });
}
