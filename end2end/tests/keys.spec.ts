import { arrive, bothWays, expect, open, test } from "../support/test";
import {
  choose,
  confirm,
  createKey,
  dialog,
  fact,
  heading,
  press,
  readSecret,
  review,
  row,
  typeKey,
} from "../support/pages";
import { whoami } from "../support/shop";

bothWays(() => {
  test("KEY-04 the secret is shown once after creation and again only behind a code", async ({
    owner: page,
    site,
  }, info) => {
    const label = `Shown once ${info.testId}`;
    const made = await createKey(page, site, { label, mode: "Any address" });
    await expect(page.getByText("Shown once. “Copy key…” shows it again with a new code.")).toBeVisible();
    expect(made.secret).toMatch(/^aio_test_[0-9a-z]+_[0-9A-Za-z]{49}$/);
    expect((await whoami(site, made.secret)).body.key?.id).toBe(made.id);

    await page.reload();
    await expect(heading(page, "Already shown")).toBeVisible();
    await expect(page.getByText(made.secret)).toHaveCount(0);

    await page.getByRole("link", { name: "To API keys" }).click();
    await arrive(page, "/api-keys");
    expect(await page.content()).not.toContain(made.secret);
    await choose(page, label, "Copy key…");
    await confirm(page, await site.code(), "Show secret");
    expect(await readSecret(page)).toEqual(made);
  });

  test("a key made to be never shown again cannot be copied", async ({ owner: page, site }, info) => {
    const label = `Never again ${info.testId}`;
    await open(page, "/api-keys/new");
    await typeKey(page, { label, mode: "Nobody" });
    await dialog(page).getByLabel("Never show the secret again").check();
    await review(page);
    await expect(fact(page, "Never show the secret again")).toHaveText("Yes");
    await confirm(page, await site.code(), "Create key");
    const { id } = await readSecret(page);
    await expect(page.getByText("This secret is never shown again. Store it now.")).toBeVisible();
    await page.reload();
    await expect(page.getByText("This key was made to be never shown again.")).toBeVisible();

    await open(page, "/api-keys");
    await page.getByRole("button", { name: `Actions for ${label}` }).click();
    await expect(page.getByRole("link", { name: "Edit…", exact: true })).toBeVisible();
    await expect(page.getByRole("link", { name: "Copy key…", exact: true })).toHaveCount(0);
    // The address is no secret, so the server refuses too, before it looks at a code.
    await open(page, `/api-keys/${id}/copy`);
    const code = await site.code();
    await confirm(page, code, "Show secret");
    await expect(page.getByRole("alert")).toContainText("Its secret cannot be shown.");
    await open(page, `/api-keys/${id}/delete`);
    await confirm(page, code, "Delete key");
    await arrive(page, "/api-keys?deleted=1");
  });

  test("IPA-05 each allowlist mode means what its name says", async ({ owner: page, site }, info) => {
    const modes = [
      { mode: "Any address", shown: "Any address", status: 200 },
      { mode: "Nobody", shown: "Nobody", status: 401 },
      { mode: "Listed addresses", rules: "127.0.0.1 this machine", shown: "1 range", status: 200 },
      { mode: "Listed addresses", rules: "203.0.113.0/24\n2001:db8::/48", shown: "2 ranges", status: 401 },
    ] as const;
    for (const [number, { shown, status, ...form }] of modes.entries()) {
      const label = `Mode ${number} ${info.testId}`;
      const { secret } = await createKey(page, site, { label, ...form });
      expect((await whoami(site, secret)).status).toBe(status);
      await open(page, "/api-keys");
      await expect(row(page, label)).toContainText(shown);
    }
  });

  test("STP-05 the confirm step shows exactly what the server stores", async ({
    owner: page,
    site,
  }, info) => {
    const label = `Normalised ${info.testId}`;
    await open(page, "/api-keys/new");
    await typeKey(page, {
      label: `  ${label} `,
      mode: "Listed addresses",
      rules: "10.0.0.5/8 office\n\n::ffff:1.2.3.4 phone\n2001:DB8:0::1/48",
      expires: "2030-02-28",
    });
    await review(page);
    await expect(heading(page, `Create “${label}”?`)).toBeVisible();
    await expect(fact(page, "Label")).toHaveText(label);
    await expect(fact(page, "Last day it works")).toHaveText("2030-02-28");
    await expect(fact(page, "Never show the secret again")).toHaveText("No");
    await expect(fact(page, "Where it works from").getByRole("listitem")).toHaveText([
      "10.0.0.0/8: 10.0.0.0 to 10.255.255.255 (2^24 addresses) · private network · office",
      "1.2.3.4/32 (one address) · phone",
      "2001:db8::/48: 2001:db8:: to 2001:db8:0:ffff:ffff:ffff:ffff:ffff (2^80 addresses)",
    ]);
    await expect(fact(page, "Permissions").getByRole("listitem")).toHaveText([
      /\(subaddresses:read\)/,
      /\(subaddresses:write\)/,
      /\(transactions:read\)/,
      /\(events:read\)/,
    ]);

    // Back to the form, with everything in it, and forth again.
    await page.getByRole("link", { name: "Back to the form" }).click();
    await expect(dialog(page).getByLabel("Label", { exact: true })).toHaveValue(label);
    await expect(dialog(page).getByRole("radio", { name: "Listed addresses" })).toBeChecked();
    await expect(dialog(page).getByLabel("Last day it works")).toHaveValue("2030-02-28");
    await review(page);
    await confirm(page, await site.code(), "Create key");
    const { id } = await readSecret(page);

    await open(page, `/api-keys/${id}/edit`);
    await expect(dialog(page).getByLabel("Label", { exact: true })).toHaveValue(label);
    await expect(dialog(page).getByLabel("Ranges", { exact: true })).toHaveValue(
      "10.0.0.0/8 office\n1.2.3.4/32 phone\n2001:db8::/48",
    );
  });

  test("ACC-03 an edited allowlist holds from the next request on, and back", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Moves house ${info.testId}` });
    expect((await whoami(site, key.secret)).status).toBe(200);

    await open(page, "/api-keys");
    await choose(page, key.label, "Edit…");
    await typeKey(page, { mode: "Listed addresses", rules: "203.0.113.7 office" });
    await review(page);
    await expect(fact(page, "Where it works from").locator("del")).toHaveText("Any address");
    await expect(fact(page, "Where it works from").locator("ins")).toHaveText("Listed addresses");
    await expect(fact(page, "Ranges").locator("ins")).toHaveText("203.0.113.7/32 (one address) · office");
    expect((await whoami(site, key.secret)).status).toBe(200);
    await confirm(page, await site.code(), "Save changes");
    await arrive(page, `/api-keys?changed=${key.id}`);
    const refused = await whoami(site, key.secret);
    expect([refused.status, refused.body.code]).toEqual([401, "invalid_api_key"]);

    await choose(page, key.label, "Edit…");
    await typeKey(page, { mode: "Listed addresses", rules: "203.0.113.7 office\n127.0.0.0/8" });
    await review(page);
    await expect(fact(page, "Ranges").getByRole("listitem")).toHaveText([
      "203.0.113.7/32 (one address) · office",
      /^added\s+127\.0\.0\.0\/8: 127\.0\.0\.0 to 127\.255\.255\.255 \(2\^24 addresses\) · private network$/,
    ]);
    await confirm(page, await site.code(), "Save changes");
    await arrive(page, `/api-keys?changed=${key.id}`);
    expect((await whoami(site, key.secret)).status).toBe(200);
  });

  test("KEY-06 a frozen key is refused until it is unfrozen with a code", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Winter ${info.testId}` });
    await open(page, "/api-keys");
    await choose(page, key.label, "Freeze…");
    await expect(dialog(page).getByLabel("Authenticator code")).toHaveCount(0);
    await press(page, "Freeze key");
    await arrive(page, `/api-keys?changed=${key.id}`);
    await expect(row(page, key.label)).toContainText("Frozen");
    expect((await whoami(site, key.secret)).status).toBe(401);

    await choose(page, key.label, "Unfreeze…");
    await confirm(page, await site.code(), "Unfreeze key");
    await arrive(page, `/api-keys?changed=${key.id}`);
    await expect(row(page, key.label)).toContainText("Active");
    expect((await whoami(site, key.secret)).status).toBe(200);

    // Frozen again in another tab, this one still asks to freeze it.
    await open(page, `/api-keys/${key.id}/freeze`);
    const staff = await site.someone();
    await staff.must("/api/keys/freeze", { id: key.id }, /changed=/);
    await press(page, "Freeze key");
    await expect(page.getByText("It is in this state already. Nothing was changed.")).toBeVisible();
  });

  test("KEY-07 a deleted key is refused at once, and the dialog says where it was used", async ({
    owner: page,
    site,
    watch,
  }, info) => {
    const key = await site.createKey({ label: `Gone soon ${info.testId}` });
    const unused = await site.createKey({ label: `Never used ${info.testId}` });
    await whoami(site, key.secret);
    // Uses are written in batches; the dialog needs the last one stored.
    await expect
      .poll(
        async () => {
          await open(page, "/api-keys");
          return row(page, key.label).innerText();
        },
        { timeout: 15_000 },
      )
      .toContain("from 127.0.0.1");
    await choose(page, key.label, "Delete…");
    await expect(dialog(page).getByText("Still in use. Last request:")).toBeVisible();
    await expect(dialog(page).getByText("from 127.0.0.1")).toBeVisible();
    await confirm(page, "000000", "Delete key");
    await expect(page.getByText("Wrong code.")).toBeVisible();
    expect((await whoami(site, key.secret)).status).toBe(200);
    await confirm(page, await site.code(), "Delete key");
    await arrive(page, "/api-keys?deleted=1");
    expect((await whoami(site, key.secret)).status).toBe(401);
    await expect(page.getByText("The key was deleted. Requests with it now fail.")).toBeVisible();
    await expect(row(page, key.label)).toHaveCount(0);

    await choose(page, unused.label, "Delete…");
    await expect(dialog(page).getByText("This key was never used.")).toBeVisible();
    watch.expect(/^answer 404: .*\/delete$/);
    await page.goto(`/api-keys/${key.id}/delete`);
    await expect(page.getByText("There is nothing at this address.")).toBeVisible();
  });

  test("KEY-04 a secret is copied five times a day at most", async ({ owner: page, site }, info) => {
    const key = await site.createKey({ label: `Much copied ${info.testId}` });
    const staff = await site.someone();
    for (let copy = 0; copy < 5; copy++) {
      await staff.must("/api/keys/copy", { id: key.id, code: await site.code() }, /\/secret$/);
    }
    await open(page, `/api-keys/${key.id}/copy`);
    await confirm(page, await site.code(), "Show secret");
    await expect(page.getByRole("alert")).toContainText(
      "This secret was copied five times in the last 24 hours.",
    );
  });
});
