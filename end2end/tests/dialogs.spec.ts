import { arrive, bothWays, expect, open, test } from "../support/test";
import { choose, codeField, confirm, dialog, heading, review, row, typeKey } from "../support/pages";

test("the Back button closes a dialog and opens it again with Forward", async ({
  owner: page,
  site,
}, info) => {
  const key = await site.createKey({ label: `Back and forth ${info.testId}` });
  await open(page, "/api-keys");
  await choose(page, key.label, "Delete…");
  await page.goBack();
  await expect(dialog(page)).toHaveCount(0);
  await expect(page).toHaveURL("/api-keys");
  await page.goForward();
  await expect(heading(page, `Delete “${key.label}”?`)).toBeVisible();
  await page.goBack();
  await choose(page, key.label, "Edit…");
  await expect(heading(page, `Edit “${key.label}”`)).toBeVisible();
  await expect(dialog(page)).toHaveCount(1);
});

test("Escape, Cancel and the cross close a dialog, and the focus is not lost", async ({ owner: page }) => {
  await open(page, "/api-keys");
  for (const leave of ["Escape", "Cancel", "Close"]) {
    await page.getByRole("link", { name: "Create API key" }).click();
    await expect(dialog(page)).toBeVisible();
    // A modal dialog: what lies behind cannot be reached.
    await expect(page.locator("dialog:modal")).toBeVisible();
    await expect(dialog(page).getByLabel("Label", { exact: true })).toBeFocused();
    if (leave === "Escape") await page.keyboard.press("Escape");
    else await dialog(page).getByRole("link", { name: leave, exact: true }).click();
    await expect(dialog(page)).toHaveCount(0);
    await expect(page).toHaveURL("/api-keys");
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe("BODY");
  }
});

test("a wrong code empties its field only and takes the focus there", async ({ owner: page, site }, info) => {
  const key = await site.createKey({ label: `Mistyped ${info.testId}` });
  await open(page, `/api-keys/${key.id}/copy`);
  await expect(codeField(page)).toBeFocused();
  await confirm(page, site.codeOf(7), "Show secret");
  await expect(page.getByText("Wrong code.")).toBeVisible();
  await expect(codeField(page)).toHaveValue("");
  await expect(codeField(page)).toBeFocused();
  await expect(codeField(page)).toHaveAttribute("aria-invalid", "true");
  await expect(page).toHaveURL(`/api-keys/${key.id}/copy`);
  await confirm(page, await site.code(), "Show secret");
  await arrive(page, /\/secret$/);
});

bothWays(() => {
  test("a dialog is an address: it opens by itself and leads back to its page", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Linked ${info.testId}` });
    await open(page, `/api-keys/${key.id}/delete`);
    await expect(heading(page, `Delete “${key.label}”?`)).toBeVisible();
    await dialog(page).getByRole("link", { name: "Cancel" }).click();
    await arrive(page, "/api-keys");
    await expect(dialog(page)).toHaveCount(0);
    await expect(row(page, key.label)).toBeVisible();
  });

  test("the Back button leads from the confirm step to the form, with what was typed", async ({
    owner: page,
  }) => {
    await open(page, "/api-keys/new");
    await typeKey(page, { label: "Back again", mode: "Nobody" });
    await review(page);
    await page.goBack();
    await arrive(page, "/api-keys/new");
    await expect(heading(page, "Create API key")).toBeVisible();
  });

  test("an address that leads nowhere says so", async ({ owner: page, watch }) => {
    watch.expect(/^answer 404: .*\/(nowhere|edit)/);
    for (const path of ["/nowhere", "/api-keys/key_01kaqyxr5afmkrnxwx1tr4n3r0/edit"]) {
      const answer = await page.goto(path);
      expect(answer?.status()).toBe(404);
      await expect(page.getByText("There is nothing at this address.")).toBeVisible();
    }
  });
});
