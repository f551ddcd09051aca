import { arrive, bothWays, expect, open, test } from "../support/test";
import {
  confirm,
  dialog,
  finishCodes,
  heading,
  press,
  readManualKey,
  readRecoveryCodes,
  typeChallenge,
  typePassword,
} from "../support/pages";
import { OWNER } from "../support/site";

const SECURITY = "/settings/security";

bothWays(() => {
  test.use({ server: "own" });

  test("a name is changed, and a wrong one is refused beside its field", async ({ owner: page }) => {
    await open(page, "/settings/profile");
    await page.getByLabel("Your name").fill("A\u202eda");
    await press(page, "Save name");
    await expect(page.locator("#name-error")).toContainText("Contains a character that is not allowed");
    await page.getByLabel("Your name").fill("Ada Lovelace");
    await press(page, "Save name");
    await arrive(page, "/settings/profile?saved=1");
    await expect(page.getByText("Name saved.")).toBeVisible();
    await page.getByRole("button", { name: "Account" }).click();
    await expect(page.locator("#account")).toContainText("Ada Lovelace");
    await expect(page.locator("#account")).toContainText(OWNER.email);
  });

  test("SES-06 a new password ends every other session and works at the next sign-in", async ({
    owner: page,
    site,
    browser,
  }) => {
    const elsewhere = await browser.newContext({ baseURL: site.origin });
    await site.signIn(elsewhere);
    await open(page, `${SECURITY}/password`);
    const next = "five small boats on a morning tide";
    await page.getByLabel("Current password").fill("not my password");
    await page.getByLabel("New password").fill(next);
    const code = await site.code();
    await confirm(page, code, "Change password");
    await expect(page.locator("#password-error")).toContainText("This is not your current password.");
    await page.getByLabel("Current password").fill(OWNER.password);
    await page.getByLabel("New password").fill("lantern books 123");
    await confirm(page, code, "Change password");
    await expect(page.locator("#new_password-error")).toContainText("Too easy to guess");
    await page.getByLabel("Current password").fill(OWNER.password);
    await page.getByLabel("New password").fill(next);
    await confirm(page, code, "Change password");
    await arrive(page, `${SECURITY}?saved=1`);
    await expect(page.getByText("Password changed. Other devices are signed out.")).toBeVisible();
    await expect(page.getByText(/Secrets cannot be copied until/)).toBeVisible();
    site.password = next;

    const other = await elsewhere.newPage();
    await other.goto("/api-keys");
    await arrive(other, "/sign-in?next=/api-keys");
    await typePassword(other, OWNER.password);
    await expect(other.getByRole("alert")).toHaveText("E-mail and password do not match.");
    await typePassword(other, next);
    await arrive(other, /^\/challenge/);
    await elsewhere.close();
  });

  test("AUT-07 another authenticator takes the place of the old one at its first code", async ({
    owner: page,
    site,
  }) => {
    const before = site.secret;
    await open(page, SECURITY);
    await page.getByRole("link", { name: "Replace authenticator…" }).click();
    await expect(dialog(page)).toBeVisible();
    await page.getByLabel("Current password").fill(OWNER.password);
    await confirm(page, await site.code(), "Show new key");
    await arrive(page, `${SECURITY}/authenticator/confirm`);
    const after = await readManualKey(page);
    // The old one works until then.
    await site.newSession();
    await page.goto(`${SECURITY}/authenticator/confirm`);
    expect(await readManualKey(page)).toBe(after);
    await confirm(page, await site.code(before), "Confirm code");
    await expect(page.getByText("Wrong code.")).toBeVisible();
    await confirm(page, await site.code(after), "Confirm code");
    await arrive(page, "/setup/recovery-codes");
    const codes = await readRecoveryCodes(page);
    for (const old of site.recoveryCodes) expect(codes).not.toContain(old);
    await finishCodes(page);

    await page.context().clearCookies();
    await open(page, "/sign-in");
    await typePassword(page, OWNER.password);
    await arrive(page, "/challenge");
    await typeChallenge(page, await site.code(before));
    await expect(page.getByText("Wrong code.")).toBeVisible();
    await typeChallenge(page, await site.code(after), true);
    await arrive(page, "/");
  });

  test("AUT-08 new recovery codes need password and code, are shown once and end other sessions", async ({
    owner: page,
    site,
  }) => {
    const elsewhere = await site.newSession();
    await open(page, SECURITY);
    await expect(page.getByText("10 unused codes left.")).toBeVisible();
    await page.getByRole("link", { name: "Make new codes…" }).click();
    await page.getByLabel("Current password").fill(OWNER.password);
    await confirm(page, await site.code(), "Make new codes");
    await arrive(page, "/setup/recovery-codes");
    const codes = await readRecoveryCodes(page);
    for (const old of site.recoveryCodes) expect(codes).not.toContain(old);
    await page.reload();
    await expect(heading(page, "Recovery codes were already shown")).toBeVisible();
    expect((await elsewhere.get("/api-keys")).location).toMatch(/^\/sign-in/);
  });

  test("SES-06 other devices are listed and ended one by one or all at once", async ({
    owner: page,
    site,
  }) => {
    const others = [await site.newSession(), await site.newSession(), await site.newSession()];
    await open(page, SECURITY);
    await expect(page.getByText("This device")).toHaveCount(1);
    const revoke = page.getByRole("button", { name: "Revoke", exact: true });
    await expect(revoke).toHaveCount(4);
    await revoke.first().click();
    await expect(revoke).toHaveCount(3);
    await press(page, "Revoke all others");
    await expect(page.getByText("You are signed in on this device only.")).toBeVisible();
    for (const other of others) expect((await other.get("/api-keys")).location).toMatch(/^\/sign-in/);
  });

  test("the language is Chinese from the next page on, here and at the next sign-in", async ({
    owner: page,
    site,
  }) => {
    await open(page, "/settings/preferences");
    await page.getByRole("main").getByRole("button", { name: "中文" }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
    await arrive(page, "/settings/preferences");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("设置");
    await open(page, "/api-keys");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("API 密钥");
    // Kept with the person, not only with this browser.
    await page.context().clearCookies();
    await open(page, "/sign-in");
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    await site.signIn(page.context());
    await open(page, "/api-keys");
    await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
    // Problems too are told in it.
    await open(page, "/api-keys/new");
    await dialog(page)
      .locator("form")
      .evaluate((form: HTMLFormElement) => (form.noValidate = true));
    await dialog(page)
      .getByRole("button", { name: "核对" })
      .or(dialog(page).locator("button.primary"))
      .first()
      .click();
    await expect(dialog(page).getByRole("alert")).toContainText(/[\u4e00-\u9fff]/);
    await page.goto("/settings/preferences");
    await page.getByRole("main").getByRole("button", { name: "English" }).click();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
  });

  test("the theme is kept, and the page comes in it", async ({ owner: page, site }) => {
    await open(page, "/settings/preferences");
    const background = () => page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
    const light = await background();
    await page.getByRole("main").getByRole("button", { name: "Dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    expect(await background()).not.toBe(light);
    await expect(page.getByRole("main").getByRole("button", { name: "Dark" })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
    await page.context().clearCookies();
    await site.signIn(page.context());
    await open(page, "/api-keys");
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  });
});

test("recovery codes can be copied, downloaded and must be ticked as saved", async ({
  owner: page,
  site,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, `${SECURITY}/recovery-codes`);
  await page.getByLabel("Current password").fill(OWNER.password);
  await confirm(page, await site.code(), "Make new codes");
  await arrive(page, "/setup/recovery-codes");
  const codes = await readRecoveryCodes(page);
  await page.getByRole("button", { name: "Copy All codes" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join("\n"));
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download .txt" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("aio-recovery-codes.txt");
  await press(page, "Finish");
  await expect(page.getByLabel("I saved these codes in a safe place")).toBeFocused();
  site.recoveryCodes = codes;
  await finishCodes(page);
});
