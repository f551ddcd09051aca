import { arrive, expect, open, test, type Page } from "../support/test";
import { codeField, dialog, readSecret, row } from "../support/pages";
import { OWNER } from "../support/site";
import type { Locator } from "@playwright/test";

/** Goes there with the Tab key, as a person without a mouse does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${target}`);
}

const focusRing = (target: Locator) => target.evaluate((element) => getComputedStyle(element).outlineStyle);

test("signing in, making a key and deleting it work with the keyboard alone", async ({
  page,
  site,
}, info) => {
  const label = `By keys ${info.testId}`;
  const keyboard = page.keyboard;
  await open(page, "/sign-in");
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await keyboard.type(OWNER.email);
  await tabTo(page, page.getByLabel("Password", { exact: true }));
  await keyboard.type(OWNER.password);
  await keyboard.press("Enter");
  await arrive(page, "/challenge");
  await expect(codeField(page)).toBeFocused();
  await keyboard.type(await site.code());
  await arrive(page, "/");
  await tabTo(page, page.getByRole("link", { name: "API keys", exact: true }).first());
  await keyboard.press("Enter");
  await arrive(page, "/api-keys");

  const skip = page.getByRole("link", { name: "Skip to content" });
  await keyboard.press("Tab");
  await expect(skip).toBeFocused();
  await keyboard.press("Enter");
  await tabTo(page, page.getByRole("link", { name: "Create API key" }));
  expect(await focusRing(page.getByRole("link", { name: "Create API key" }))).not.toBe("none");
  await keyboard.press("Enter");
  await expect(dialog(page).getByLabel("Label", { exact: true })).toBeFocused();
  await keyboard.type(label);
  // Arrow keys move within the group and choose.
  const radios = dialog(page).getByRole("radio");
  await tabTo(page, radios.first());
  await keyboard.press("ArrowDown");
  await expect(dialog(page).getByRole("radio", { name: "Listed addresses" })).toBeChecked();
  await keyboard.press("ArrowDown");
  await expect(dialog(page).getByRole("radio", { name: "Nobody" })).toBeChecked();
  await tabTo(page, dialog(page).getByRole("button", { name: "Review" }));
  await keyboard.press("Enter");
  await arrive(page, /[?&]change=chg_/);
  await expect(codeField(page)).toBeFocused();
  await keyboard.type(await site.code());
  await keyboard.press("Enter");
  await readSecret(page);
  await tabTo(page, page.getByRole("link", { name: "I stored it safely" }));
  await keyboard.press("Enter");
  await arrive(page, "/api-keys");

  await tabTo(page, page.getByRole("button", { name: `Actions for ${label}` }));
  await keyboard.press("Enter");
  await tabTo(page, page.getByRole("link", { name: "Delete…", exact: true }));
  await keyboard.press("Enter");
  await expect(codeField(page)).toBeFocused();
  await keyboard.type(await site.code());
  await keyboard.press("Enter");
  await arrive(page, "/api-keys?deleted=1");
  await expect(row(page, label)).toHaveCount(0);
});

test("a dialog keeps the Tab key inside and gives the focus back", async ({ owner: page }) => {
  await open(page, "/api-keys");
  await tabTo(page, page.getByRole("link", { name: "Create API key" }));
  await page.keyboard.press("Enter");
  await expect(dialog(page)).toBeVisible();
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    const place = await page.evaluate(() => {
      const focus = document.activeElement;
      return !focus || focus === document.body
        ? "browser"
        : focus.closest("dialog")
          ? "dialog"
          : focus.outerHTML;
    });
    expect(["dialog", "browser"]).toContain(place);
  }
  await page.keyboard.press("Escape");
  await expect(page.getByRole("link", { name: "Create API key" })).toBeFocused();
});
