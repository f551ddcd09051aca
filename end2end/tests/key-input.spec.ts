import { bothWays, expect, open, test, type Page } from "../support/test";
import { confirm, dialog, fact, heading, press, readSecret, review, row, typeKey } from "../support/pages";

/** Sends the form without the browser's own checks: the server has to have the last word. */
async function send(page: Page): Promise<void> {
  await dialog(page)
    .locator("form")
    .evaluate((form: HTMLFormElement) => (form.noValidate = true));
  await press(page, "Review");
}

const field = (page: Page, id: string) => dialog(page).locator(`#${id}-error`);

bothWays(() => {
  test("what is wrong with a form stands beside each field, and nothing typed is lost", async ({
    owner: page,
  }) => {
    await open(page, "/api-keys/new");
    await typeKey(page, {
      label: "x".repeat(65),
      mode: "Listed addresses",
      rules: "203.0.113.7 office\n10.0.0.0/08\nfe80::1%eth0 laptop\n203.0.113.7",
      expires: "2020-01-01",
    });
    await dialog(page).getByLabel("Create withdrawals and refunds").check();
    await dialog(page).getByLabel("Never show the secret again").check();
    await send(page);

    await expect(dialog(page).getByRole("alert")).toContainText("Some fields need attention.");
    await expect(field(page, "label")).toHaveText("This is too long.");
    await expect(field(page, "rules")).toContainText("Line 2: Not an address or range.");
    await expect(field(page, "rules")).toContainText("Line 3: Not an address or range.");
    await expect(field(page, "rules")).toContainText("Line 4: This range is listed already.");
    await expect(field(page, "expires_on")).toHaveText("This day has passed.");
    await expect(dialog(page).getByLabel("Label", { exact: true })).toHaveValue("x".repeat(65));
    await expect(dialog(page).getByLabel("Label", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await expect(dialog(page).getByLabel("Ranges", { exact: true })).toHaveValue(
      "203.0.113.7 office\n10.0.0.0/08\nfe80::1%eth0 laptop\n203.0.113.7",
    );
    await expect(dialog(page).getByLabel("Last day it works")).toHaveValue("2020-01-01");
    await expect(dialog(page).getByRole("radio", { name: "Listed addresses" })).toBeChecked();
    await expect(dialog(page).getByLabel("Create withdrawals and refunds")).toBeChecked();
    await expect(dialog(page).getByLabel("Never show the secret again")).toBeChecked();

    // The summary leads to the field.
    await dialog(page)
      .getByRole("alert")
      .getByRole("link", { name: "Last day it works: This day has passed." })
      .click();
    await expect(dialog(page).getByLabel("Last day it works")).toBeFocused();
  });

  test("each thing that is wrong with a label is told", async ({ owner: page, site }, info) => {
    const taken = await site.createKey({ label: `Taken ${info.testId}` });
    const wrong = [
      ["", "This is required."],
      ["   ", "This is required."],
      ["x".repeat(65), "This is too long."],
      ["Shop \u202egnp.exe", "Contains a character that is not allowed"],
      ["zero\u200bwidth", "Contains a character that is not allowed"],
      [taken.label.toUpperCase(), "Another key has this label."],
    ] as const;
    await open(page, "/api-keys/new");
    for (const [label, text] of wrong) {
      await typeKey(page, { label, mode: "Nobody" });
      await send(page);
      await expect(field(page, "label")).toContainText(text);
      await expect(dialog(page).getByLabel("Label", { exact: true })).toHaveValue(label);
    }
  });

  test("labels of any script, with emoji and with markup are kept as they are", async ({
    owner: page,
    site,
  }, info) => {
    for (const label of ["متجر ⟨1⟩", "店铺 · 生产", "🛒 👩‍👩‍👧 shop", "<b>bold</b> & 'quoted' \"twice\""]) {
      const full = `${label} ${info.testId.slice(-8)}`;
      await open(page, "/api-keys/new");
      await typeKey(page, { label: full, mode: "Nobody" });
      await review(page);
      await expect(heading(page, `Create “${full}”?`)).toBeVisible();
      await confirm(page, await site.code(), "Create key");
      await readSecret(page);
      await open(page, "/api-keys");
      await expect(row(page, full)).toBeVisible();
    }
  });

  test("IPA-04 a very wide range needs a tick of its own", async ({ owner: page }) => {
    await open(page, "/api-keys/new");
    await typeKey(page, { label: "Wide", mode: "Listed addresses", rules: "0.0.0.0/0\n::/0" });
    await send(page);
    await expect(field(page, "broad_ok")).toContainText("Contains a very wide range.");
    await dialog(page).getByLabel("I mean the very wide ranges").check();
    await review(page);
    await expect(fact(page, "Where it works from").getByRole("listitem")).toHaveText([
      "0.0.0.0/0: 0.0.0.0 to 255.255.255.255 (2^32 addresses)",
      /^::\/0: :: to ffff:.*\(2\^128 addresses\)$/,
    ]);
  });

  test("IPA-05 a list must have an address in it and at most a hundred", async ({ owner: page }) => {
    await open(page, "/api-keys/new");
    await typeKey(page, { label: "Listless", mode: "Listed addresses", rules: " \n " });
    await send(page);
    await expect(field(page, "rules")).toContainText("List at least one address, or choose “Nobody”.");
    const many = Array.from({ length: 101 }, (_, number) => `198.51.100.${number}`).join("\n");
    await typeKey(page, { rules: many });
    await send(page);
    await expect(field(page, "rules")).toContainText("At most 100 ranges.");
    await expect(dialog(page).getByLabel("Ranges", { exact: true })).toHaveValue(many);
    // A hundred lines that are all wrong are told too.
    const wrong = Array.from({ length: 100 }, (_, number) => `198.51.100.${number}/33`).join("\n");
    await typeKey(page, { rules: wrong });
    await send(page);
    await expect(field(page, "rules")).toContainText("Line 1: Not an address or range.");
    await expect(dialog(page).getByLabel("Ranges", { exact: true })).toHaveValue(wrong);
  });

  test("KEY-05 a key that moves money may not work from anywhere", async ({ owner: page }) => {
    await open(page, "/api-keys/new");
    await typeKey(page, { label: "Pays out", mode: "Any address" });
    await dialog(page).getByLabel("Create withdrawals and refunds").check();
    await send(page);
    await expect(dialog(page).locator("#mode-error")).toContainText(
      "A key that can withdraw must list its addresses.",
    );
    await typeKey(page, { mode: "Listed addresses", rules: "203.0.113.7" });
    await review(page);
    await expect(fact(page, "Permissions")).toContainText("withdrawals:write");
  });

  test("no allowlist mode is chosen for the person", async ({ owner: page }) => {
    await open(page, "/api-keys/new");
    for (const mode of ["Any address", "Listed addresses", "Nobody"]) {
      await expect(dialog(page).getByRole("radio", { name: mode })).not.toBeChecked();
    }
    await typeKey(page, { label: "Undecided" });
    await send(page);
    await expect(dialog(page).locator("#mode-error")).toContainText("Choose where this key works from.");
  });
});

test("presets tick exactly their permissions, and one press adds the own address", async ({
  owner: page,
}) => {
  await open(page, "/api-keys/new");
  const ticked = () =>
    dialog(page)
      .locator("input[name='form[scopes][]']:checked")
      .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
  expect(await ticked()).toEqual([
    "subaddresses:read",
    "subaddresses:write",
    "transactions:read",
    "events:read",
  ]);
  await press(page, "Read only");
  expect(await ticked()).toEqual([
    "subaddresses:read",
    "transactions:read",
    "withdrawals:read",
    "events:read",
  ]);
  await press(page, "Everything");
  expect(await ticked()).toHaveLength(6);
  await press(page, "Receive only");
  expect(await ticked()).toHaveLength(4);
  await typeKey(page, { label: "Mine", mode: "Listed addresses", rules: "203.0.113.7" });
  await press(page, "Add my address 127.0.0.1");
  await expect(dialog(page).getByLabel("Ranges", { exact: true })).toHaveValue("203.0.113.7\n127.0.0.1");
});
