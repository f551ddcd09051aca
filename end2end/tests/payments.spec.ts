// Real payments on a real node, from the dialog that makes an address to the row that counts.

import { arrive, bothWays, expect, open } from "../support/test";
import { dialog, press } from "../support/pages";
import { listed, makeAddress, shownAddress, test } from "../support/chain";
import { look } from "../support/looks";

bothWays(() => {
  test("a customer's address takes a payment, which confirms and counts", async ({ owner: page, node }, info) => {
    const customer = `buyer-${info.testId}`;
    const address = await makeAddress(page, customer);
    expect(address).toMatch(/^bcrt1q[0-9a-z]{38}$/);
    await expect(page.getByRole("img", { name: "Code to pay BTC" })).toBeVisible();
    const hash = await node.pay(address, "0.25");
    const mine = `/transactions?q=${customer}`;
    await listed(page, mine, /0\.25\sBTC.*Detected/s);
    await node.mine(1);
    await listed(page, mine, /Confirming\s1\/2/);
    await node.mine(1);
    await listed(page, mine, /Confirmed/);

    await page.getByRole("link", { name: "0.25 BTC" }).click();
    await expect(dialog(page)).toContainText("It counts. You can deliver.");
    const groups = await dialog(page).locator(".groups").allInnerTexts();
    expect(groups.map((text) => text.replace(/\s/g, ""))).toEqual(expect.arrayContaining([address, hash]));
    await dialog(page).getByRole("link", { name: "Close" }).click();
    await arrive(page, new RegExp(`/transactions\\?q=${customer}`));

    // The same address for the same customer, and its page has the payment.
    await open(page, "/subaddresses/new");
    await dialog(page).getByLabel("Customer id").fill(customer);
    await press(page, "Create subaddress");
    await arrive(page, /\?known=1$/);
    await expect(page.getByText("This customer had an address already.")).toBeVisible();
    await expect(page.locator(".facts")).toContainText("in 1 payment");
    await expect(page.getByRole("table")).toContainText("0.25");

    await press(page, "Archive");
    await expect(page.getByText("Archived: hidden from the list.")).toBeVisible();
    await open(page, `/subaddresses?q=${customer}`);
    await expect(page.getByText("No subaddress fits.")).toBeVisible();
  });

  test("filters stand in the address and can be cleared", async ({ owner: page, node }, info) => {
    const customer = `filter-${info.testId}`;
    await node.pay(await makeAddress(page, customer), "0.5");
    await listed(page, `/transactions?q=${customer}`, /0\.5/);
    await page.getByText("Filters", { exact: true }).click();
    await page.getByLabel("Status").selectOption("Confirmed");
    await page.getByRole("button", { name: "Search" }).click();
    await arrive(page, /status=confirmed/);
    await expect(page.getByText("Nothing matches")).toBeVisible();
    await page.getByRole("link", { name: "Clear filters" }).first().click();
    await arrive(page, "/transactions");
    await open(page, `/transactions?q=${customer}&least=0.1`);
    await expect(page.getByText("Left out because it cannot be read: Least amount.")).toBeVisible();
    await open(page, `/transactions?q=${customer}&token=BTC&least=0.6`);
    await expect(page.getByText("Nothing matches")).toBeVisible();
    await open(page, `/transactions?q=${customer}&token=BTC&least=0.5`);
    await expect(page.getByRole("table")).toContainText("0.5");
  });
});

test("an open list follows the chain: rows change in place and new ones wait", async ({ owner: page, node }, info) => {
  const first = await makeAddress(page, `live-${info.testId}`);
  const second = await makeAddress(page, `late-${info.testId}`);
  await node.pay(first, "0.31");
  await listed(page, "/transactions", /0\.31/);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const row = page.getByRole("row").filter({ hasText: "0.31" });
  await node.mine(1);
  await expect(row).toContainText("1/2", { timeout: 15_000 });
  await node.pay(second, "0.32");
  await expect(page.getByRole("button", { name: "1 new payment" })).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole("table")).not.toContainText("0.32");
  await node.mine(1);
  await expect(row).toContainText("Confirmed", { timeout: 15_000 });
  await expect(page.getByRole("table")).not.toContainText("0.32");
  await press(page, "1 new payment");
  await expect(page.getByRole("table")).toContainText("0.32");
  await expect(page.getByRole("button", { name: /new payment/ })).toHaveCount(0);
});

test("the list can be taken along as a file", async ({ owner: page, node }, info) => {
  const customer = `=file-${info.testId}`;
  await node.pay(await makeAddress(page, customer), "0.75");
  const query = `/transactions?q=${encodeURIComponent(customer)}`;
  await listed(page, query, /0\.75/);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("transactions.csv");
  const stream = await download.createReadStream();
  let text = "";
  for await (const piece of stream) text += piece.toString();
  expect(text.split("\r\n").filter(Boolean)).toHaveLength(2);
  expect(text).toContain(`,0.75,'${customer},`);
});

for (const [language, locale] of [
  ["en", "en-GB"],
  ["zh", "zh-CN"],
] as const) {
  test.describe(`in ${language}`, () => {
    test.use({ locale, server: "own" });

    test("subaddresses and transactions look right", async ({ owner: page, site, node }) => {
      test.slow();
      await open(page, "/transactions");
      await look(page, "transactions-none", language);
      await open(page, "/subaddresses");
      await look(page, "subaddresses-none", language);
      await open(page, "/subaddresses/new");
      await look(page, "subaddress-new", language);
      const staff = await site.someone();
      const addresses: string[] = [];
      for (const customer of ["customer-1", "customer-2", "张伟", "a-customer-with-a-very-long-name@shop.example"]) {
        const form = { chain: "bitcoin", customer };
        const made = await staff.must("/api/subaddresses/create", form, /\/subaddresses\/sub_/);
        await open(page, new URL(made.location, site.origin).pathname);
        addresses.push(await shownAddress(page));
      }
      await look(page, "subaddress-new-page", language);
      for (const [at, coins] of ["0.25", "12.5", "0.00012345", "0.000009"].entries()) {
        await node.pay(addresses[at] ?? "", coins);
        if (at < 3) await node.mine(1);
      }
      await listed(page, "/transactions?dust=1", /0\.000009/);
      await look(page, "transactions", language);
      await open(page, "/transactions?status=confirmed&token=BTC");
      await look(page, "transactions-filtered", language);
      await open(page, "/transactions");
      await page.getByRole("link", { name: /12\.5/ }).click();
      await expect(dialog(page)).toBeVisible();
      await look(page, "transaction", language);
      await open(page, "/subaddresses");
      await look(page, "subaddresses", language);
      await page.getByRole("link", { name: "customer-1", exact: true }).click();
      await expect(page.locator(".codes")).toBeVisible();
      await look(page, "subaddress", language);
    });
  });
}
