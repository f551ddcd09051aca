// Every page and dialog in both languages, both themes and two widths: nothing for axe to complain about, no
// sideways scrolling, and a picture of each in end2end/shots for a person to look at.

import { arrive, expect, open, test, type Page } from "../support/test";
import { codeField, dialog } from "../support/pages";
import { look } from "../support/looks";
import { whoami } from "../support/shop";
import { OWNER } from "../support/site";

/** Sends the form that is open, also when the browser would hold it back. */
async function submit(page: Page): Promise<void> {
  await page
    .locator("form:has(button.primary, button.danger)")
    .last()
    .evaluate((form: HTMLFormElement) => {
      form.noValidate = true;
      form.requestSubmit();
    });
}

for (const [language, locale] of [
  ["en", "en-GB"],
  ["zh", "zh-CN"],
] as const) {
  test.describe(`in ${language}`, () => {
    test.use({ locale, server: "own" });

    test.describe("before there is an owner", () => {
      test.use({ server: "untouched" });

      test("set-up, enrolment and recovery codes look right", async ({ page, site }) => {
        test.slow();
        await page.goto("/setup");
        await look(page, "setup-without-link", language);
        await page.goto(site.server.setupLink);
        await look(page, "setup", language);
        await submit(page);
        await expect(page.locator("[role=alert]")).toBeVisible();
        await look(page, "setup-errors", language);
        await page.locator("#merchant_name").fill(OWNER.merchant);
        await page.locator("#name").fill(OWNER.name);
        await page.locator("#email").fill(OWNER.email);
        await page.locator("#password").fill(OWNER.password);
        await submit(page);
        await arrive(page, "/setup/totp");
        await page.locator("summary").click();
        await look(page, "enrolment", language);
        site.secret = (await page.locator(".manual-key").innerText()).replace(/\s/g, "");
        await codeField(page)
          .or(page.locator("#code"))
          .first()
          .fill(await site.code());
        await submit(page);
        await arrive(page, "/setup/recovery-codes");
        await look(page, "recovery-codes", language);
        await page.reload();
        await look(page, "recovery-codes-gone", language);
        await open(page, "/api-keys");
        await look(page, "keys-none", language);
      });
    });

    test("sign-in, challenge, recovery and the pages that lead nowhere look right", async ({
      page,
      site,
      context,
      watch,
    }) => {
      test.slow();
      await page.goto("/sign-in");
      await look(page, "sign-in", language);
      await page.locator("#email").fill(OWNER.email);
      await page.locator("#password").fill("not the password");
      await submit(page);
      await expect(page.locator("[role=alert]")).toBeVisible();
      await look(page, "sign-in-refused", language);
      await page.locator("#password").fill(OWNER.password);
      await submit(page);
      await arrive(page, "/challenge");
      await look(page, "challenge", language);
      await page.locator("#code").fill("1234");
      await submit(page);
      await expect(page.locator(".field-error")).toBeVisible();
      await look(page, "challenge-wrong", language);
      await page.goto("/recover");
      await look(page, "recover", language);

      watch.expect(/^answer 40[34]: /);
      await page.goto("/nowhere");
      await look(page, "not-found", language);
      await site.signIn(context);
      await open(page, "/api-keys/key_01kaqyxr5afmkrnxwx1tr4n3r0/edit");
      await look(page, "key-not-found", language);
      const staff = await site.someone();
      await staff.must(
        "/api/allowlist/switch",
        { on: "true", code: await site.code() },
        /^\/security\/allowlist$/,
      );
      await open(page, "/security/allowlist");
      const entry = /\/security\/allowlist\/(\w+)\/disable/.exec(await page.content())?.[1] ?? "";
      const out = { entry, enabled: "false", lockout_ok: "true", code: await site.code() };
      await staff.must("/api/allowlist/entry", out, /^\/security\/allowlist$/);
      await page.goto("/api-keys");
      await look(page, "address-refused", language);
    });

    test("the list of keys, its menus and the forms of a key look right", async ({ page, site, context }) => {
      test.slow();
      await site.createKey({ label: "Past its last day", expires: tomorrow(site.server.now()) });
      await site.server.advance(3 * 86_400);
      const listed = await site.createKey({
        label: "Shop, production",
        mode: "listed",
        rules: "203.0.113.0/24 office\n2001:db8::/48\n198.51.100.7 warehouse",
        scopes: [
          "subaddresses:read",
          "subaddresses:write",
          "transactions:read",
          "events:read",
          "withdrawals:read",
        ],
        expires: tomorrow(site.server.now() + 90 * 86_400),
      });
      await site.createKey({ label: "Written once", never: true, mode: "nobody" });
      const frozen = await site.createKey({
        label: "A label of sixty-four characters, which is as long as one can be",
      });
      await (await site.someone()).must("/api/keys/freeze", { id: frozen.id }, /changed=/);
      const sealed = await site.createKey({ label: "店铺 · 生产" });
      await site.enableAes(sealed);
      await site.signIn(context);

      await open(page, "/api-keys");
      await look(page, "keys", language);
      await page.locator(`[popovertarget="menu-${sealed.id}"]`).click();
      await look(page, "keys-menu", language);
      await open(page, `/api-keys?changed=${listed.id}`);
      await page.locator('[popovertarget="account"]').click();
      await look(page, "account-menu", language);
      await page.setViewportSize({ width: 390, height: 800 });
      await open(page, "/api-keys?deleted=1");
      await page.locator('[popovertarget="nav"]').click();
      await look(page, "navigation", language);

      await open(page, "/api-keys/new");
      await look(page, "key-new", language);
      await page.locator("input[value=listed]").check();
      await page.locator("#rules").fill("10.0.0.0/8\n0.0.0.0/33");
      await submit(page);
      await expect(dialog(page).locator("[role=alert]")).toBeVisible();
      await look(page, "key-new-errors", language);
      await page.locator("#label").fill("New shop");
      await page.locator("#rules").fill("10.0.0.5/8 office\n2001:db8::1/48");
      await submit(page);
      await arrive(page, /[?&]change=/);
      await look(page, "key-new-confirm", language);
      await page.locator("#code").fill("000000");
      await submit(page);
      await expect(dialog(page).locator(".field-error")).toBeVisible();
      await look(page, "key-new-wrong-code", language);

      await open(page, `/api-keys/${listed.id}/edit`);
      await look(page, "key-edit", language);
      await page.locator("#rules").fill("203.0.113.0/24 office\n192.0.2.1");
      await page.locator("#label").fill("Shop, moved");
      await submit(page);
      await arrive(page, /[?&]change=/);
      await look(page, "key-edit-confirm", language);
      await open(page, `/api-keys/${sealed.id}/edit`);
      await look(page, "key-edit-encryption", language);
    });

    test("the dialogs about a key and the pages of secrets look right", async ({ page, site, context }) => {
      test.slow();
      const key = await site.createKey({ label: "Shop, production" });
      await site.enableAes(key);
      const frozen = await site.createKey({ label: "Winter sale" });
      const staff = await site.signIn(context);
      await staff.must("/api/keys/freeze", { id: frozen.id }, /changed=/);
      for (const what of ["copy", "freeze", "delete", "aes/copy", "aes/regenerate", "aes/disable"]) {
        await open(page, `/api-keys/${key.id}/${what}`);
        await expect(dialog(page)).toBeVisible();
        await look(page, `key-${what.replace("/", "-")}`, language);
      }
      for (const what of ["unfreeze", "aes/enable"]) {
        await open(page, `/api-keys/${frozen.id}/${what}`);
        await expect(dialog(page)).toBeVisible();
        await look(page, `key-${what.replace("/", "-")}`, language);
      }
      const form = {
        "form[label]": "Just made",
        "form[scopes][]": ["events:read"],
        "form[allowlist_mode]": "any",
      };
      const begun = await staff.must("/api/keys/create/begin", form, /change=/);
      const change = new URL(begun.location, site.origin).searchParams.get("change") ?? "";
      const made = await staff.must("/api/keys/create", { change, code: await site.code() }, /\/secret$/);
      await page.goto(made.location);
      await look(page, "secret", language);
      await page.reload();
      await look(page, "secret-gone", language);
      await staff.must("/api/aes/copy", { id: key.id, code: await site.code() }, /\/secret$/);
      await page.goto(`/api-keys/${key.id}/secret`);
      await look(page, "aes-key", language);
    });

    test("the dashboard allowlist and its dialogs look right", async ({ page, site, context }) => {
      test.slow();
      const staff = await site.signIn(context);
      await open(page, "/security/allowlist");
      await look(page, "allowlist-off", language);
      await open(page, "/security/allowlist/on");
      await look(page, "allowlist-turn-on", language);
      await staff.must("/api/allowlist/switch", { on: "true", code: await site.code() }, /allowlist$/);
      await open(page, "/security/allowlist/new");
      await look(page, "allowlist-new", language);
      await page.locator("#cidr").fill("203.0.113.0/33");
      await submit(page);
      await expect(dialog(page).locator("[role=alert]")).toBeVisible();
      await look(page, "allowlist-new-errors", language);
      await page.locator("#cidr").fill("203.0.113.9/24");
      await page.locator("#label").fill("Office");
      await submit(page);
      await arrive(page, /[?&]change=/);
      await look(page, "allowlist-new-confirm", language);
      await page.locator("#code").fill(await site.code());
      await submit(page);
      await arrive(page, "/security/allowlist");
      await look(page, "allowlist-on", language);
      const html = await page.content();
      const entries = [...html.matchAll(/\/security\/allowlist\/(\w+)\/disable/g)].map((found) => found[1]);
      for (const [number, what] of [
        [0, "disable"],
        [1, "disable"],
        [1, "remove"],
      ] as const) {
        await open(page, `/security/allowlist/${entries[number]}/${what}`);
        await expect(dialog(page)).toBeVisible();
        await look(page, `allowlist-${what}-${number}`, language);
      }
      await open(page, "/security/allowlist/off");
      await look(page, "allowlist-turn-off", language);
    });

    test("the page of a key, its requests and the documentation look right", async ({ page, site, context }) => {
      test.slow();
      const key = await site.createKey({ label: "Till", mode: "listed", rules: "127.0.0.1 here\n2001:db8::/48" });
      const other = await site.createKey({ label: "Elsewhere", mode: "nobody" });
      await site.enableAes(key);
      for (const { secret } of [key, key, other]) await whoami(site, secret);
      await fetch(`${site.origin}/v1/events?limit=0`, { headers: { authorization: `Bearer ${key.secret}` } });
      await site.signIn(context);
      await expect(async () => {
        await open(page, `/api-keys/${key.id}/requests`);
        await expect(page.getByRole("row")).toHaveCount(4, { timeout: 500 });
      }).toPass({ timeout: 10_000 });
      await look(page, "requests", language);
      await open(page, `/api-keys/${other.id}/requests?outcome=refused`);
      await look(page, "requests-refused", language);
      await open(page, `/api-keys/${key.id}?code=python`);
      await look(page, "key", language);
      await page.goto("/docs");
      await look(page, "docs", language);
    });

    test("the settings and their dialogs look right", async ({ page, site, context }) => {
      test.slow();
      await site.signIn(context);
      await site.newSession();
      for (const what of [
        "profile",
        "security",
        "preferences",
        "security/password",
        "security/authenticator",
        "security/recovery-codes",
      ]) {
        await open(page, `/settings/${what}`);
        await look(page, `settings-${what.replace("/", "-")}`, language);
      }
      await open(page, "/settings/security/password");
      await page.locator("#password").fill("not my password");
      await page.locator("#new_password").fill("lantern books 123");
      await page.locator("#code").fill(await site.code());
      await submit(page);
      await expect(dialog(page).locator("[role=alert]")).toBeVisible();
      await look(page, "settings-security-password-errors", language);
    });
  });
}

/** A day as the date field wants it. */
function tomorrow(now: number): string {
  return new Date((now + 86_400) * 1000).toISOString().slice(0, 10);
}
