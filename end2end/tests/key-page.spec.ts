import { arrive, bothWays, expect, hasScripts, open, test } from "../support/test";
import { confirm, dialog, press, row, typeKey } from "../support/pages";
import { whoami } from "../support/shop";

/** The log is written in batches, a second or so behind. */
async function lines(page: import("@playwright/test").Page, path: string, count: number): Promise<void> {
  await expect(async () => {
    await open(page, path);
    await expect(page.getByRole("row")).toHaveCount(count + 1, { timeout: 500 });
  }).toPass({ timeout: 10_000 });
}

bothWays(() => {
  test("KEY-09 the merchant reads why a request was refused, which the caller is not told", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Logged ${info.testId}`, mode: "listed", rules: "198.51.100.0/24" });
    expect((await whoami(site, key.secret)).status).toBe(401);
    await open(page, "/api-keys");
    await row(page, key.label).getByRole("link", { name: key.label }).click();
    await arrive(page, `/api-keys/${key.id}`);
    await expect(page.getByRole("row").filter({ hasText: "198.51.100.0/24" })).toContainText("0");
    await page.getByRole("link", { name: "Requests" }).click();
    await lines(page, `/api-keys/${key.id}/requests`, 1);
    const line = page.getByRole("row").filter({ hasText: "GET /v1/whoami" });
    await expect(line).toContainText("401");
    await expect(line).toContainText("Address 127.0.0.1 is not in the list");
    await page.getByRole("link", { name: "Done", exact: true }).click();
    await arrive(page, `/api-keys/${key.id}/requests?outcome=ok`);
    await expect(page.getByText("Nothing matches")).toBeVisible();
  });

  test("the log is read page by page, and back", async ({ owner: page, site }, info) => {
    const key = await site.createKey({ label: `Busy ${info.testId}`, rate: "6000000" });
    for (let n = 0; n < 59; n++) expect((await whoami(site, key.secret)).status).toBe(200);
    // Lines are written in batches and in order: when the last one is there, all are.
    expect((await whoami(site, key.secret, "?x=1")).status).toBe(400);
    await lines(page, `/api-keys/${key.id}/requests?outcome=refused`, 1);
    await lines(page, `/api-keys/${key.id}/requests`, 50);
    await page.getByRole("link", { name: "Older" }).click();
    await arrive(page, /before=/);
    await expect(page.getByRole("row")).toHaveCount(11);
    await page.getByRole("link", { name: "Newer" }).click();
    await arrive(page, /after=/);
    await expect(page.getByRole("row")).toHaveCount(51);
  });

  test("an edit that would refuse an address in use says so before it is confirmed", async ({ owner: page, site }, info) => {
    const key = await site.createKey({ label: `Narrowed ${info.testId}` });
    expect((await whoami(site, key.secret)).status).toBe(200);
    await lines(page, `/api-keys/${key.id}/requests`, 1);
    await open(page, `/api-keys/${key.id}/edit`);
    await typeKey(page, { mode: "Listed addresses", rules: "198.51.100.0/24" });
    await press(page, "Review");
    await arrive(page, /change=/);
    await expect(dialog(page)).toContainText("One address that used this key in the last seven days would be refused");
    await expect(dialog(page)).toContainText("127.0.0.1");
    await confirm(page, await site.code(), "Save changes");
    await arrive(page, /changed=/);
    expect((await whoami(site, key.secret)).status).toBe(401);
  });

  test("the documentation names each endpoint, each error and the clients, for whoever is not signed in", async ({ page }) => {
    await page.goto("/docs");
    await expect(page.getByRole("heading", { name: "Merchant API", level: 1 })).toBeVisible();
    for (const path of ["/v1/whoami", "/v1/echo", "/v1/chains", "/v1/events"]) {
      await expect(page.getByRole("heading", { name: path })).toBeVisible();
    }
    await expect(page.getByRole("row").filter({ hasText: "idempotency_mismatch" })).toContainText("422");
    await page.getByText("python").first().click();
    await expect(page.getByText("from cryptography").first()).toBeVisible();
  });
});

test("code in each language is a click away, and Try it sends whoami with the pasted secret and shows the answer", async ({ owner: page, site }, info) => {
  const key = await site.createKey({ label: `Tried ${info.testId}` });
  await open(page, `/api-keys/${key.id}?code=python`);
  expect(hasScripts(page)).toBe(true);
  await expect(page.getByText(`# ${key.id}`)).toBeVisible();
  // The other languages are one click away, with scripts as without.
  for (const language of ["PHP", "curl"]) {
    await page.getByRole("link", { name: language, exact: true }).click();
    await expect(page.getByRole("heading", { name: language, exact: true })).toBeVisible();
  }
  await page.getByLabel("Secret of this key").fill(key.secret);
  await page.getByRole("button", { name: "Send whoami" }).click();
  await expect(page.getByText(key.label)).toHaveCount(2);
  await expect(page.getByText('"address":"127.0.0.1"')).toBeVisible();
});
