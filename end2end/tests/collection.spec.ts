// From a customer's payment to the merchant's own wallet: addresses behind codes, rules, and what moved by itself.

import { arrive, bothWays, expect, open, type Page } from "../support/test";
import { confirm, dialog, fact, heading, press } from "../support/pages";
import { listed, makeAddress, shownAddress, test } from "../support/chain";
import { look } from "../support/looks";
import type { Site } from "../support/site";

/** A chain's card. */
const card = (page: Page, chain: string) => page.locator(".card").filter({ has: heading(page, chain) });

/** Sets a chain's collection address in the dialog. */
async function setAddress(page: Page, site: Site, chain: string, address: string): Promise<void> {
  await open(page, `/collection/${chain}/address`);
  await dialog(page).getByLabel("New collection address").fill(address);
  await press(page, "Review");
  await arrive(page, /[?&]change=chg_/);
  const shown = await fact(page, "New collection address").locator(".groups").innerText();
  expect(shown.replace(/\s/g, "")).toBe(address);
  await confirm(page, await site.code(), "Set address");
  await arrive(page, "/collection");
}

/** Has what is confirmed moved without waiting for more. */
async function moveAtOnce(page: Page, site: Site, chain: string): Promise<void> {
  await open(page, `/collection/${chain}/rules`);
  await dialog(page).getByLabel("Longest wait in minutes").fill("0");
  await press(page, "Review");
  await arrive(page, /[?&]change=chg_/);
  await expect(fact(page, "Together")).toContainText("after 0 min");
  await confirm(page, await site.code(), "Set rules");
  await arrive(page, "/collection");
}

bothWays(() => {
  test.use({ server: "own" });

  test("a bitcoin payment is moved to the merchant's own wallet by itself, and both pages say so", async ({
    owner: page,
    site,
    node,
  }, info) => {
    // Eight blocks and pages that are opened until the server read them.
    test.slow();
    const wallet = await node.address();
    await open(page, "/collection");
    await expect(card(page, "bitcoin")).toContainText("Not set");
    await setAddress(page, site, "bitcoin", wallet);
    await expect(card(page, "bitcoin")).toContainText("Active");
    await moveAtOnce(page, site, "bitcoin");
    const customer = `mover-${info.testId}`;
    const before = await node.received(wallet);
    await node.pay(await makeAddress(page, customer), "0.25");
    await node.mine(2);
    await listed(page, `/transactions?q=${customer}`, /Confirmed/);
    await listed(page, "/collection", /0\.25\sBTC.*On its way/s);
    await node.mine(1);
    await listed(page, "/collection", /In a block/);
    await node.mine(1);
    await listed(page, "/collection", /0\.25\sBTC.*Done/s);
    // What arrived is the payment without the network's fee.
    const arrived = (await node.received(wallet)) - before;
    expect(arrived).toBeGreaterThan(0.2499);
    expect(arrived).toBeLessThan(0.25);

    await page.getByRole("table").getByRole("link", { name: "0.25 BTC" }).click();
    await expect(dialog(page)).toContainText("Done");
    await dialog(page).getByRole("link", { name: "0.25 BTC" }).click();
    await arrive(page, /\/transactions\/txn_/);
    await expect(fact(page, "Collection")).toHaveText("Done");
    await dialog(page).getByRole("link", { name: "Done" }).click();
    await arrive(page, /\/collection\/history\/col_/);
    await dialog(page).getByRole("link", { name: "Close" }).click();
    await arrive(page, "/collection");
  });

  test("ether is moved too, once the gas address has something on it", async ({ owner: page, site, anvil }, info) => {
    test.slow();
    await open(page, "/gas");
    await expect(card(page, "ethereum")).toContainText("Little or nothing on it");
    const gas = await shownAddress(page);
    // Lower case is a plain form of it; the page shows the one with the checksum.
    const wallet = `0x${Buffer.from(info.testId).toString("hex").slice(-40).padEnd(40, "7")}`;
    await open(page, "/collection/ethereum/address");
    await dialog(page).getByLabel("New collection address").fill(wallet);
    await press(page, "Review");
    await arrive(page, /[?&]change=chg_/);
    await confirm(page, await site.code(), "Set address");
    await arrive(page, "/collection");
    await moveAtOnce(page, site, "ethereum");
    const customer = `ether-${info.testId}`;
    const payer = await makeAddress(page, customer, "ethereum");
    await anvil.pay(payer, 1_500);
    await anvil.mine(2);
    await listed(page, `/transactions?q=${customer}`, /1\.5\sETH.*Confirmed/s);
    await expect(async () => {
      await open(page, "/collection");
      await expect(card(page, "ethereum")).toContainText("waits: too little for the network's fee", { timeout: 500 });
    }).toPass({ timeout: 20_000 });
    await anvil.pay(gas, 5_000);
    await anvil.mine(1);
    await open(page, "/gas");
    await expect(card(page, "ethereum")).toContainText("5 ETH");
    await expect(card(page, "ethereum")).not.toContainText("Little or nothing");
    await expect(async () => {
      await anvil.mine(1);
      await open(page, "/collection");
      await expect(page.getByRole("table")).toContainText(/1\.5\sETH.*Done/s, { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    expect(await anvil.balance(wallet)).toBe(1_500);
    expect(await anvil.balance(payer)).toBe(0);
  });

  test("a changed address waits a day and can be taken back without a code", async ({ owner: page, site, node }) => {
    const [first, second] = [await node.address(), await node.address()];
    await setAddress(page, site, "bitcoin", first);
    await setAddress(page, site, "bitcoin", second);
    await expect(card(page, "bitcoin")).toContainText("Cooling");
    await expect(card(page, "bitcoin")).toContainText("Until then nothing is collected");
    await card(page, "bitcoin").getByRole("link", { name: "Keep the old address" }).click();
    await press(page, "Keep the old address");
    await arrive(page, "/collection");
    await expect(card(page, "bitcoin")).toContainText("Active");
    expect((await shownAddress(page)).endsWith(first)).toBe(true);
  });

  test("what is wrong with an address or a rule is said under its field, and nothing is lost", async ({
    owner: page,
  }) => {
    await open(page, "/collection/bitcoin/address");
    for (const wrong of ["not an address", "地址", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"]) {
      await dialog(page).getByLabel("New collection address").fill(wrong);
      await press(page, "Review");
      await expect(dialog(page).locator(".field-error:visible").first()).not.toBeEmpty();
      await expect(dialog(page).getByLabel("New collection address")).toHaveValue(wrong);
    }
    await open(page, "/collection/bitcoin/rules");
    const [size, wait] = [dialog(page).getByLabel("Subaddresses in one movement"), dialog(page).getByLabel("Longest wait in minutes")];
    await size.fill("101");
    await wait.fill("七");
    await press(page, "Review");
    await expect(dialog(page).locator(".field-error:visible")).toHaveCount(2);
    await expect(size).toHaveValue("101");
    await expect(wait).toHaveValue("七");
  });
});

for (const [language, locale] of [
  ["en", "en-GB"],
  ["zh", "zh-CN"],
] as const) {
  test.describe(`in ${language}`, () => {
    test.use({ locale, server: "own" });

    test("collection and gas addresses look right", async ({ owner: page, site, node }) => {
      test.slow();
      await open(page, "/collection");
      await look(page, "collection-none", language);
      await open(page, "/gas");
      await look(page, "gas", language);
      await open(page, "/collection/bitcoin/address");
      await look(page, "collection-address", language);
      const staff = await site.someone();
      const set = async (address: string) => {
        const begun = await staff.must("/api/collection/address-begin", { chain: "bitcoin", address }, /[?&]change=/);
        await open(page, begun.location);
        return new URL(begun.location, site.origin).searchParams.get("change") ?? "";
      };
      const change = await set(await node.address());
      await staff.must("/api/collection/address", { change, code: await site.code() }, /\/collection$/);
      await open(page, "/collection/bitcoin/rules");
      await look(page, "collection-rules", language);
      const rules = { chain: "bitcoin", "form[version]": "1", "form[automatic]": "true", "form[batch_size]": "50" };
      const form = { ...rules, "form[max_age]": "0", "form[minimums][BTC]": "0" };
      const begun = await staff.must("/api/collection/rules-begin", form, /[?&]change=/);
      await open(page, begun.location);
      await look(page, "collection-rules-confirm", language);
      const id = new URL(begun.location, site.origin).searchParams.get("change") ?? "";
      await staff.must("/api/collection/rules", { change: id, code: await site.code() }, /\/collection$/);
      const made = await staff.must("/api/subaddresses/create", { chain: "bitcoin", customer: "张伟" }, /\/sub_/);
      await open(page, new URL(made.location, site.origin).pathname);
      await node.pay(await shownAddress(page), "0.25");
      await node.mine(2);
      await expect(async () => {
        await node.mine(1);
        await open(page, "/collection");
        await expect(page.locator("tbody .badge.ok")).toHaveCount(1, { timeout: 500 });
      }).toPass({ timeout: 30_000 });
      await look(page, "collection", language);
      await page.getByRole("table").getByRole("link", { name: "0.25 BTC" }).click();
      await expect(dialog(page)).toBeVisible();
      await look(page, "collection-one", language);
      await dialog(page).getByRole("link", { name: "0.25 BTC" }).click();
      await arrive(page, /\/transactions\/txn_/);
      await expect(dialog(page)).toBeVisible();
      await look(page, "transaction-collected", language);
      await set(await node.address());
      await look(page, "collection-address-confirm", language);
    });
  });
}
