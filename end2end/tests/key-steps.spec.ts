import { arrive, bothWays, expect, open, test } from "../support/test";
import { codeField, confirm, dialog, press, readSecret, review, row, typeKey } from "../support/pages";
import { whoami } from "../support/shop";

bothWays(() => {
  test("STP-03 a change that waited two minutes is gone, and says so", async ({ owner: page, site }) => {
    await open(page, "/api-keys/new");
    await typeKey(page, { label: "Waited too long", mode: "Nobody" });
    await review(page);
    await site.server.advance(121);
    const code = await site.code();
    await confirm(page, code, "Create key");
    await expect(page.getByText("This confirmation is no longer valid").first()).toBeVisible();
    // The code was not spent on it.
    await open(page, "/api-keys/new");
    await typeKey(page, { label: `In time ${code}`, mode: "Nobody" });
    await review(page);
    await confirm(page, code, "Create key");
    await readSecret(page);
  });

  test("AUT-03 the code of the sign-in confirms no action", async ({ page, site, context }) => {
    const key = await site.createKey({ label: `Twice ${Math.random()}` });
    await site.signIn(context);
    await open(page, `/api-keys/${key.id}/copy`);
    await confirm(page, site.codeOf(), "Show secret");
    await expect(
      page.getByText(/^This code was already used\. Wait for the next one, in \d+ seconds?\.$/),
    ).toBeVisible();
    await expect(codeField(page)).toBeFocused();
    await confirm(page, await site.code(), "Show secret");
    expect((await readSecret(page)).secret).toBe(key.secret);
  });

  test("STP-03 of two tabs that edit one key the second is told, and saves nothing", async ({
    owner: page,
    context,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Two tabs ${info.testId}` });
    const other = await context.newPage();
    await open(page, `/api-keys/${key.id}/edit`);
    await open(other, `/api-keys/${key.id}/edit`);
    await typeKey(other, { label: `Later ${info.testId}`, mode: "Nobody" });
    await typeKey(page, { mode: "Listed addresses", rules: "203.0.113.7" });
    await review(page);
    await confirm(page, await site.code(), "Save changes");
    await arrive(page, `/api-keys?changed=${key.id}`);
    await press(other, "Review");
    await expect(
      other.getByText("Someone changed this while you were editing. Nothing was saved."),
    ).toBeVisible();
    await open(page, "/api-keys");
    await expect(row(page, key.label)).toContainText("1 range");
  });

  test("STP-03 a change prepared in one tab is void when the key changed in another", async ({
    owner: page,
    context,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Overtaken ${info.testId}` });
    const other = await context.newPage();
    for (const [tab, mode] of [
      [page, "Nobody"],
      [other, "Listed addresses"],
    ] as const) {
      await open(tab, `/api-keys/${key.id}/edit`);
      await typeKey(tab, { mode, rules: "203.0.113.7" });
      await review(tab);
    }
    await confirm(page, await site.code(), "Save changes");
    await arrive(page, `/api-keys?changed=${key.id}`);
    await confirm(other, await site.code(), "Save changes");
    await expect(other.getByText(/Someone changed this|no longer valid/).first()).toBeVisible();
    await open(page, "/api-keys");
    await expect(row(page, key.label)).toContainText("Nobody");
  });
});

test("a double click on Delete deletes once and tells of it once", async ({ owner: page, site }, info) => {
  const key = await site.createKey({ label: `Double ${info.testId}` });
  await open(page, `/api-keys/${key.id}/delete`);
  await codeField(page).fill(await site.code());
  let posts = 0;
  page.on("request", (request) => (posts += request.url().endsWith("/api/keys/delete") ? 1 : 0));
  await dialog(page).getByRole("button", { name: "Delete key" }).dblclick();
  await arrive(page, "/api-keys?deleted=1");
  expect(posts).toBe(1);
  expect((await whoami(site, key.secret)).status).toBe(401);
});

test("a plain form sent twice deletes once, and the second answer is clear", async ({ site }, info) => {
  const key = await site.createKey({ label: `Twice ${info.testId}` });
  const staff = await site.someone();
  const form = { id: key.id, code: await site.code() };
  const answers = await Promise.all([
    staff.post("/api/keys/delete", form),
    staff.post("/api/keys/delete", form),
  ]);
  const places = answers.map((answer) => answer.location).sort();
  expect(places.filter((place) => place === "/api-keys?deleted=1")).toHaveLength(1);
  expect(answers.map((answer) => answer.status)).toEqual([302, 302]);
});

test("AUT-02 of fifty requests with one code one is obeyed", async ({ site }, info) => {
  const key = await site.createKey({ label: `Fifty ${info.testId}` });
  const staff = await site.someone();
  const form = { id: key.id, code: await site.code() };
  const answers = await Promise.all(Array.from({ length: 50 }, () => staff.post("/api/keys/copy", form)));
  expect(answers.filter((answer) => answer.location.endsWith("/secret"))).toHaveLength(1);
  // And the person may go on with the next code: none of them counted as a guess.
  await staff.must("/api/keys/copy", { id: key.id, code: await site.code() }, /\/secret$/);
});
