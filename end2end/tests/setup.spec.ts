import { arrive, bothWays, expect, open, test } from "../support/test";
import {
  confirm,
  createKey,
  finishCodes,
  heading,
  press,
  readManualKey,
  readRecoveryCodes,
  typeOwner,
} from "../support/pages";
import { whoami } from "../support/shop";
import { OWNER } from "../support/site";

const INVALID = "This set-up link is not valid.";

bothWays(() => {
  test.use({ server: "untouched" });

  test("OPS-03 the link of the first start leads to an owner, a key and its first request", async ({
    page,
    site,
  }) => {
    await page.goto(site.server.setupLink);
    await expect(heading(page, "Set up AIO")).toBeVisible();
    await typeOwner(page);
    await press(page, "Create merchant");

    await arrive(page, "/setup/totp");
    await expect(page.getByRole("img", { name: "QR code for your authenticator app" })).toBeVisible();
    site.secret = await readManualKey(page);
    await confirm(page, await site.code(), "Confirm code");

    await arrive(page, "/setup/recovery-codes");
    const codes = await readRecoveryCodes(page);
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
    await finishCodes(page);

    await open(page, "/api-keys");
    await expect(heading(page, "No API keys yet")).toBeVisible();
    const { id, secret } = await createKey(page, site, { label: "First shop", mode: "Any address" });
    const reply = await whoami(site, secret);
    expect(reply.status).toBe(200);
    expect(reply.body.merchant?.name).toBe(OWNER.merchant);
    expect(reply.body.key).toMatchObject({ id, label: "First shop" });
  });

  test("AUT-09 before an authenticator is enrolled nothing else opens", async ({ page, site }) => {
    await page.goto(site.server.setupLink);
    await typeOwner(page);
    await press(page, "Create merchant");
    await arrive(page, "/setup/totp");
    for (const path of ["/api-keys", "/api-keys/new", "/settings/security", "/setup/recovery-codes"]) {
      await page.goto(path);
      await arrive(page, "/setup/totp");
    }
    // Half-way is not lost: the password alone leads back to the same step.
    await page.context().clearCookies();
    await page.goto("/sign-in");
    await page.getByLabel("E-mail").fill(OWNER.email);
    await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
    await press(page, "Sign in");
    await arrive(page, "/setup/totp");
  });

  test("AUT-07 a key for an authenticator that waited ten minutes is replaced by another", async ({
    page,
    site,
  }) => {
    await page.goto(site.server.setupLink);
    await typeOwner(page);
    await press(page, "Create merchant");
    await arrive(page, "/setup/totp");
    const first = await readManualKey(page);
    await site.server.advance(5 * 60);
    await page.reload();
    expect(await readManualKey(page)).toBe(first);
    await site.server.advance(5 * 60 + 1);
    // The half-done sign-in ended with it, so the password comes first.
    await page.goto("/sign-in");
    await page.getByLabel("E-mail").fill(OWNER.email);
    await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
    await press(page, "Sign in");
    await arrive(page, "/setup/totp");
    const second = await readManualKey(page);
    expect(second).not.toBe(first);
    await confirm(page, await site.code(first), "Confirm code");
    await expect(page.getByText("Wrong code.")).toBeVisible();
    await confirm(page, await site.code(second), "Confirm code");
    await arrive(page, "/setup/recovery-codes");
  });

  test("OPS-03 a wrong link is refused in words", async ({ page, site }) => {
    await page.goto(`${site.server.setupLink}x`);
    await typeOwner(page);
    await press(page, "Create merchant");
    await expect(page.getByRole("alert")).toContainText(INVALID);

    await page.goto("/setup");
    await expect(page.getByText("Open the set-up link that the server printed")).toBeVisible();
  });

  test("OPS-03 of two people with the link one becomes the owner", async ({ page, context, site }) => {
    const other = await context.newPage();
    for (const visitor of [page, other]) {
      await visitor.goto(site.server.setupLink);
      await typeOwner(visitor);
    }
    await press(page, "Create merchant");
    await arrive(page, "/setup/totp");
    await context.clearCookies();
    await press(other, "Create merchant");
    // The page they came from is closed by now: it leads to sign-in.
    await arrive(other, /^\/sign-in/);
    await other.goto(site.server.setupLink);
    await arrive(other, /^\/sign-in/);
  });

  test("AUT-14 a password made of one's own name is refused, and what else was typed stays", async ({
    page,
    site,
  }) => {
    await page.goto(site.server.setupLink);
    await typeOwner(page, "lanternbooks-lanternbooks-1");
    await press(page, "Create merchant");
    await expect(page.getByText("Too easy to guess").first()).toBeVisible();
    await expect(page.getByLabel("Merchant name")).toHaveValue(OWNER.merchant);
    await expect(page.getByLabel("Your name")).toHaveValue(OWNER.name);
    await expect(page.getByLabel("E-mail")).toHaveValue(OWNER.email);
    await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
    await expect(page.getByLabel("Password", { exact: true })).toHaveAttribute("aria-invalid", "true");
  });
});
