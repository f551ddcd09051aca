import { arrive, bothWays, expect, open, test } from "../support/test";
import { dialog, heading, press, row, signInByHand, typeKey } from "../support/pages";

const ENDED = "Your session has ended.";

bothWays(() => {
  test("SES-08 signing out ends the session, clears the browser and leaves nothing behind the Back button", async ({
    page,
    site,
  }) => {
    await signInByHand(page, site);
    const stale = await page.context().cookies();
    await page.getByRole("button", { name: "Account" }).click();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith("/api/session/sign-out")),
      press(page, "Sign out"),
    ]);
    expect(await answer.headerValue("clear-site-data")).toContain('"cache"');
    await arrive(page, "/sign-in");
    await page.goBack();
    await arrive(page, /^\/(sign-in|challenge)/);
    await expect(page.getByText(site.origin)).toHaveCount(0);
    // The cookie from before, put back by hand, opens nothing.
    await page.context().addCookies(stale);
    await page.goto("/api-keys");
    await arrive(page, "/sign-in?next=/api-keys");
  });

  test("SES-04 a session nobody uses for half an hour is over", async ({ owner, site }) => {
    await open(owner, "/api-keys");
    await site.server.advance(29 * 60);
    await open(owner, "/api-keys");
    await site.server.advance(30 * 60 + 1);
    await owner.goto("/api-keys");
    await arrive(owner, "/sign-in?next=/api-keys");
  });
});

test("a form sent after signing out in another tab changes nothing and keeps what was typed", async ({
  owner,
  context,
}) => {
  await open(owner, "/api-keys/new");
  await typeKey(owner, { label: "Typed too late", mode: "Nobody" });
  const other = await context.newPage();
  await open(other, "/settings/profile");
  await other.getByRole("button", { name: "Account" }).click();
  await press(other, "Sign out");
  await arrive(other, "/sign-in");
  await press(owner, "Review");
  await expect(dialog(owner).getByRole("alert")).toContainText(ENDED);
  await expect(dialog(owner).getByLabel("Label", { exact: true })).toHaveValue("Typed too late");
  await expect(dialog(owner).getByRole("radio", { name: "Nobody" })).toBeChecked();
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("a plain form sent after signing out in another tab leads to sign-in and changes nothing", async ({
    owner,
    context,
    site,
  }) => {
    const key = await site.createKey({ label: "Still active" });
    await open(owner, `/api-keys/${key.id}/freeze`);
    const other = await context.newPage();
    await open(other, "/settings/profile");
    await other.getByRole("button", { name: "Account" }).click();
    await press(other, "Sign out");
    await press(owner, "Freeze key");
    await arrive(owner, /^\/sign-in\?next=/);
    await site.signIn(context);
    await open(owner, "/api-keys");
    await expect(row(owner, key.label)).toContainText("Active");
  });
});

test.describe("on a server of its own", () => {
  test.use({ server: "own" });

  test("SES-06 a session ended from elsewhere is over at the next click", async ({ owner, site }) => {
    await open(owner, "/api-keys");
    const elsewhere = await site.newSession();
    await elsewhere.must("/api/settings/revoke-others", {}, /^\/settings\/security$/);
    // Inside the page, without loading it anew.
    await owner.getByRole("link", { name: "IP allowlist" }).click();
    await expect(owner.getByText(ENDED).first()).toBeVisible();
    await owner.getByRole("link", { name: "Sign in", exact: true }).click();
    await arrive(owner, /^\/sign-in/);
    await expect(heading(owner, "Sign in")).toBeVisible();
  });
});
