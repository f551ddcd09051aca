import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { bothWays, expect, open, test } from "../support/test";
import { createKey, heading } from "../support/pages";

const run = promisify(execFile);

bothWays(() => {
  test("the command on the page works as it stands", async ({ owner: page, site }, info) => {
    const { id } = await createKey(page, site, {
      label: `For a terminal ${info.testId}`,
      mode: "Any address",
    });
    const command = await page.locator(".code-block").innerText();
    const { stdout } = await run("bash", ["-c", command.replace(/^curl /, "curl --silent --fail ")]);
    expect(JSON.parse(stdout)).toMatchObject({ key: { id }, network: "test" });
  });

  test("a page of secrets is not kept by the browser and not shown to whoever looks ahead", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Not looked at ${info.testId}` });
    const staff = await site.signIn(page.context());
    await staff.must("/api/keys/copy", { id: key.id, code: await site.code() }, /\/secret$/);
    // A link from elsewhere and a look ahead do not use up the one showing.
    await page.setExtraHTTPHeaders({ "sec-purpose": "prefetch" });
    await page.goto(`/api-keys/${key.id}/secret`);
    await expect(heading(page, "Already shown")).toBeVisible();
    await page.setExtraHTTPHeaders({});
    const answer = await page.goto(`/api-keys/${key.id}/secret`);
    await expect(page.getByText(key.secret, { exact: true })).toBeVisible();
    expect(await answer?.headerValue("cache-control")).toBe("no-store");
    await open(page, "/api-keys");
    await page.goBack();
    await expect(heading(page, "Already shown")).toBeVisible();
  });
});

test("Download gives the values as a shop's server reads them", async ({ owner: page, site }, info) => {
  const { id, secret } = await createKey(page, site, { label: `For a file ${info.testId}`, mode: "Nobody" });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download .env" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("aio.env");
  expect((await readFile(await download.path(), "utf8")).trim().split("\n")).toEqual([
    `AIO_URL=${site.origin}`,
    `AIO_API_KEY_ID=${id}`,
    `AIO_API_KEY=${secret}`,
  ]);
});

test("Copy puts the whole value on the clipboard and says so", async ({
  owner: page,
  context,
  site,
}, info) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  const { id, secret } = await createKey(page, site, { label: `For a paste ${info.testId}`, mode: "Nobody" });
  await page.getByRole("button", { name: "Copy Secret" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Copied" })).toHaveCount(1);
  expect(await clipboard()).toBe(secret);
  // The word goes away again by itself.
  await expect(page.getByRole("status").filter({ hasText: "Copied" })).toHaveCount(0);

  // In the list the id is copied in full, though only its ends are shown.
  await open(page, "/api-keys");
  await page
    .getByRole("row")
    .filter({ hasText: `For a paste ${info.testId}` })
    .getByRole("button", { name: "Copy Key ID" })
    .click();
  await expect(page.getByRole("status").filter({ hasText: "Copied" })).toHaveCount(1);
  expect(await clipboard()).toBe(id);
});
