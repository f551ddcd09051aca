import { arrive, bothWays, expect, open, test, type Page } from "../support/test";
import {
  codeField,
  confirm,
  dialog,
  fact,
  heading,
  press,
  review,
  row,
  typePassword,
} from "../support/pages";
import { whoami } from "../support/shop";
import { OWNER, type Site } from "../support/site";

const HERE = "/security/allowlist";

async function turnOn(page: Page, site: Site): Promise<void> {
  await open(page, HERE);
  await page.getByRole("link", { name: /Turn on…/ }).click();
  await expect(dialog(page)).toContainText("You keep access: your address 127.0.0.1 is added as an entry.");
  await confirm(page, await site.code(), "Turn on");
  await arrive(page, HERE);
  await expect(row(page, "127.0.0.1/32")).toContainText("holds your address");
}

/** Presses the switch or the menu of an entry. */
async function change(page: Page, range: string, what: "Disable" | "Enable" | "Remove…"): Promise<void> {
  if (what === "Remove…") {
    await page.getByRole("button", { name: `Actions for ${range}` }).click();
    await page.getByRole("link", { name: what, exact: true }).click();
  } else {
    await row(page, range)
      .getByRole("link", { name: new RegExp(`${what} ${range}\\?`) })
      .click();
  }
  await expect(dialog(page)).toBeVisible();
}

bothWays(() => {
  test.use({ server: "own" });

  test("IPA-06 the dashboard allowlist is turned on, filled, changed and turned off, each behind a code", async ({
    owner: page,
    site,
  }) => {
    await open(page, HERE);
    await expect(page.getByText("Off: people of this merchant can sign in from any address.")).toBeVisible();
    await expect(page.getByRole("link", { name: "Add entry" })).toHaveCount(0);
    // Not by its address either, while it is off.
    await open(page, `${HERE}/new`);
    await dialog(page).getByLabel("Address or range").fill("203.0.113.0/24");
    await press(page, "Review");
    await expect(page.getByText("Entries can be added only while the IP allowlist is on.")).toBeVisible();

    await turnOn(page, site);
    await expect(
      page.getByText("On: only addresses inside an enabled entry can open the dashboard."),
    ).toBeVisible();

    await page.getByRole("link", { name: "Add entry" }).click();
    await dialog(page).getByLabel("Address or range").fill("203.0.113.9/08");
    await dialog(page).getByLabel("Label", { exact: true }).fill("Office");
    await press(page, "Review");
    await expect(dialog(page).locator("#cidr-error")).toContainText("Not an address or range.");
    await expect(dialog(page).getByLabel("Label", { exact: true })).toHaveValue("Office");
    await dialog(page).getByLabel("Address or range").fill("203.0.113.9/24");
    await review(page);
    await expect(fact(page, "Range")).toHaveText(
      "203.0.113.0/24: 203.0.113.0 to 203.0.113.255 (256 addresses)",
    );
    await expect(fact(page, "Label")).toHaveText("Office");
    await confirm(page, await site.code(), "Add entry");
    await arrive(page, HERE);
    await expect(row(page, "203.0.113.0/24")).toContainText("Enabled");

    await change(page, "203.0.113.0/24", "Disable");
    await expect(dialog(page)).toContainText(
      "You keep access: your address 127.0.0.1 is inside an enabled entry.",
    );
    await confirm(page, await site.code(), "Disable entry");
    await arrive(page, HERE);
    await expect(row(page, "203.0.113.0/24")).toContainText("Disabled");
    await change(page, "203.0.113.0/24", "Enable");
    await confirm(page, await site.code(), "Enable entry");
    await arrive(page, HERE);
    await expect(row(page, "203.0.113.0/24")).toContainText("Enabled");
    await change(page, "203.0.113.0/24", "Remove…");
    await confirm(page, await site.code(), "Remove entry");
    await arrive(page, HERE);
    await expect(row(page, "203.0.113.0/24")).toHaveCount(0);

    await page.getByRole("link", { name: /Turn off…/ }).click();
    await confirm(page, await site.code(), "Turn off");
    await arrive(page, HERE);
    await expect(row(page, "127.0.0.1/32")).toBeVisible();
    await expect(page.getByText("Turn the allowlist on to add entries.")).toBeVisible();
  });

  test("IPA-07 locking oneself out takes a tick and a code, and the operator is the way back", async ({
    owner: page,
    site,
    watch,
  }) => {
    const key = await site.createKey({ label: "From anywhere" });
    await turnOn(page, site);
    await change(page, "127.0.0.1/32", "Disable");
    await expect(dialog(page)).toContainText(
      "You would lose access: your address 127.0.0.1 is in no enabled entry.",
    );
    const code = await site.code();
    await codeField(page).fill(code);
    await press(page, "Disable entry");
    // The browser holds the form back for want of the tick; the server does so too.
    await expect(dialog(page).getByLabel(/I understand that I am locked out/)).toBeFocused();
    await dialog(page)
      .locator("form")
      .evaluate((form: HTMLFormElement) => (form.noValidate = true));
    await press(page, "Disable entry");
    await expect(page.getByText("This would shut out the address you are using now.").first()).toBeVisible();
    await dialog(page)
      .getByLabel(/I understand that I am locked out/)
      .check();
    watch.expect(/^answer 403: .*\/security\/allowlist/, /^answer 403: .*\/api-keys/);
    await confirm(page, code, "Disable entry");

    // Refused from the very next page on, with the address that the server sees.
    await expect(heading(page, "Your address is not on the allowlist")).toBeVisible();
    await expect(page.getByText("The server saw you at 127.0.0.1.")).toBeVisible();
    const answer = await page.goto("/api-keys");
    expect(answer?.status()).toBe(403);
    await expect(page.getByText(key.label)).toHaveCount(0);
    // The right password is not told from a wrong one.
    await page.context().clearCookies();
    await open(page, "/sign-in");
    await typePassword(page, OWNER.password);
    await expect(page.getByRole("alert")).toHaveText("E-mail and password do not match.");
    // The shop goes on: keys have allowlists of their own.
    const reply = await whoami(site, key.secret);
    expect(reply.status).toBe(200);

    const merchant = reply.body.merchant?.id ?? "";
    const other = await site.server.aio("allowlist", "disable", "--merchant", merchant.replace(/.$/, "0"));
    expect(other.status).not.toBe(0);
    expect(await site.server.aio("allowlist", "disable", "--merchant", merchant)).toMatchObject({
      status: 0,
    });
    await site.signIn(page.context());
    await open(page, HERE);
    await expect(page.getByText("Off: people of this merchant can sign in from any address.")).toBeVisible();
    expect(await site.server.aio("audit", "verify")).toMatchObject({ status: 0 });
  });
});

test.describe("on a server of its own", () => {
  test.use({ server: "own" });

  test("IPA-06 a list that changes under an open page holds at its next request", async ({
    owner: page,
    site,
    watch,
  }) => {
    const staff = await site.someone();
    await staff.must(
      "/api/allowlist/switch",
      { on: "true", code: await site.code() },
      /^\/security\/allowlist$/,
    );
    await open(page, HERE);
    const entry = /\/security\/allowlist\/(\w+)\/disable/.exec(await page.content())?.[1] ?? "";
    const out = { entry, enabled: "false", lockout_ok: "true", code: await site.code() };
    await staff.must("/api/allowlist/entry", out, /^\/security\/allowlist$/);
    // A click inside the page asks a function, not a page.
    await page.getByRole("link", { name: "API keys" }).click();
    await expect(page.getByText("This dashboard can be opened only from listed addresses.")).toBeVisible();
    watch.expect(/^answer 403: .*\/api-keys/);
    await page.reload();
    await expect(heading(page, "Your address is not on the allowlist")).toBeVisible();
  });
});
