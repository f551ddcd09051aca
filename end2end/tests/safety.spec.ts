import { arrive, bothWays, expect, open, test } from "../support/test";
import { choose, confirm, createKey, dialog, fact, press, review, row, typeKey } from "../support/pages";
import { whoami } from "../support/shop";

/** Things that would run if a page took text for markup; the collector fails on any dialog. */
const MARKUP = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)>`,
  `</textarea><svg onload=alert(1)>`,
  `'-alert(1)-'`,
  `javascript:alert(1)`,
  `{{alert(1)}}\${alert(1)}`,
  `<a href="javascript:alert(1)">x</a>`,
];

bothWays(() => {
  test.describe("on a server of its own", () => {
    test.use({ server: "own" });

    test("WEB-07 whatever is typed into a text field stays text on every page", async ({
      owner: page,
      site,
    }) => {
      test.slow();
      for (const text of MARKUP) {
        await open(page, "/settings/profile");
        await page.getByLabel("Your name").fill(text);
        await press(page, "Save name");
        await arrive(page, "/settings/profile?saved=1");
        await expect(page.getByLabel("Your name")).toHaveValue(text);

        await open(page, "/api-keys/new");
        await typeKey(page, { label: text, mode: "Listed addresses", rules: `203.0.113.7 ${text}\n${text}` });
        await press(page, "Review");
        await expect(dialog(page).locator("#rules-error")).toContainText("Line 2: Not an address or range.");
        await expect(dialog(page).getByLabel("Ranges", { exact: true })).toHaveValue(
          `203.0.113.7 ${text}\n${text}`,
        );
        await typeKey(page, { rules: `203.0.113.7 ${text}` });
        await review(page);
        await expect(fact(page, "Label")).toHaveText(text);
        await expect(fact(page, "Where it works from").getByRole("listitem")).toContainText(text);
        await confirm(page, await site.code(), "Create key");
        await arrive(page, /\/secret$/);
        await expect(page.getByText(text, { exact: true })).toBeVisible();
      }
      await open(page, "/api-keys");
      for (const text of MARKUP) await expect(row(page, text)).toBeVisible();
      // In the name of a menu's button, in the title of a dialog and in a text area too.
      const text = MARKUP[2] ?? "";
      await choose(page, text, "Edit…");
      await expect(page.getByRole("heading", { name: `Edit “${text}”` })).toBeVisible();
      await expect(dialog(page).getByLabel("Ranges", { exact: true })).toHaveValue(`203.0.113.7/32 ${text}`);

      const staff = await site.someone();
      await staff.must(
        "/api/allowlist/switch",
        { on: "true", code: await site.code() },
        /^\/security\/allowlist$/,
      );
      await open(page, "/security/allowlist/new");
      await dialog(page).getByLabel("Address or range").fill("198.51.100.0/24");
      await dialog(page)
        .getByLabel("Label", { exact: true })
        .fill(MARKUP[1] ?? "");
      await review(page);
      await confirm(page, await site.code(), "Add entry");
      await arrive(page, "/security/allowlist");
      await expect(row(page, "198.51.100.0/24")).toContainText(MARKUP[1] ?? "");
      expect(await page.locator("img, script[src^='x'], svg[onload], [onerror]").count()).toBe(0);
    });
  });

  test("WEB-04 text planted in a link is not shown, only the fixed sentence of a known code", async ({
    page,
    context,
    site,
  }) => {
    const planted = "Your account is locked. Call +1 555 0100 now!";
    const links = [
      ["/sign-in", "/api/session/sign-in", JSON.stringify(planted)],
      ["/sign-in", "/api/session/sign-in", `{"code":"${planted}"}`],
      ["/sign-in", "/api/session/sign-in", `{"code":"wrong_credentials","text":"${planted}"}`],
      ["/sign-in", "/api/session/sign-in", planted],
    ] as const;
    for (const [path, action, error] of links) {
      for (const text of [
        error,
        Buffer.from(error).toString("base64url"),
        Buffer.from(error).toString("base64"),
      ]) {
        await open(page, `${path}?__path=${encodeURIComponent(action)}&__err=${encodeURIComponent(text)}`);
        expect(await page.locator("body").innerText()).not.toContain("555");
        await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
      }
    }
    await site.signIn(context);
    await open(
      page,
      `/api-keys/new?__path=${encodeURIComponent("/api/keys/create/begin")}&__err=${encodeURIComponent(Buffer.from(JSON.stringify(planted)).toString("base64url"))}`,
    );
    expect(await page.locator("body").innerText()).not.toContain("555");
    await expect(dialog(page)).toBeVisible();
  });

  test("SES-05 a link on another site lands signed in, a form of another site changes nothing", async ({
    owner: page,
    site,
    context,
  }, info) => {
    const key = await site.createKey({ label: `From afar ${info.testId}` });
    const elsewhere = `http://localhost:${site.server.port}`;
    const attack = `<!doctype html><title>elsewhere</title>
      <a href="${site.origin}/api-keys">Your keys</a>
      <form method="post" action="${site.origin}/api/keys/freeze">
        <input name="id" value="${key.id}"><button>Win a prize</button>
      </form>`;
    await context.route(`${elsewhere}/**`, (route) =>
      route.fulfill({ contentType: "text/html", body: attack }),
    );
    await page.goto(`${elsewhere}/`);
    await page.getByRole("link", { name: "Your keys" }).click();
    await arrive(page, "/api-keys");
    await expect(row(page, key.label)).toContainText("Active");

    await page.goto(`${elsewhere}/`);
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith("/api/keys/freeze")),
      page.getByRole("button", { name: "Win a prize" }).click(),
    ]);
    expect(answer.status()).toBe(403);
    await open(page, "/api-keys");
    await expect(row(page, key.label)).toContainText("Active");
    expect((await whoami(site, key.secret)).status).toBe(200);
  });
});

test("WEB-01 a script of another site gets neither an answer nor a change", async ({
  owner: page,
  site,
  context,
  watch,
}, info) => {
  const key = await site.createKey({ label: `Fetched ${info.testId}` });
  const elsewhere = `http://localhost:${site.server.port}`;
  await context.route(`${elsewhere}/**`, (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>x</title>" }),
  );
  await page.goto(`${elsewhere}/`);
  watch.expect(/CORS policy|net::ERR_FAILED|ERR_BLOCKED|answer 403/);
  const seen = await page.evaluate(
    async ([origin, id]) => {
      const body = new URLSearchParams({ id: id ?? "" });
      const tries = [
        fetch(`${origin}/api/keys/freeze`, { method: "POST", body, credentials: "include" }),
        fetch(`${origin}/api/keys/freeze`, { method: "POST", body, credentials: "include", mode: "no-cors" }),
        fetch(`${origin}/api-keys`, { credentials: "include" }),
        fetch(`${origin}/api/keys/freeze`, {
          method: "POST",
          body: JSON.stringify({ id }),
          headers: { "content-type": "text/plain" },
        }),
      ];
      const answers = await Promise.allSettled(tries);
      return answers.map((answer) => (answer.status === "fulfilled" ? answer.value.type : "nothing"));
    },
    [site.origin, key.id],
  );
  expect(seen).toEqual(["nothing", expect.stringMatching(/^(opaque|nothing)$/), "nothing", "nothing"]);
  await open(page, "/api-keys");
  await expect(row(page, key.label)).toContainText("Active");
});

test("WEB-05 a script planted in a page does not run", async ({ owner: page, watch }) => {
  const planted = `<script>window.planted = "script"</script><img src="data:," onerror="window.planted = 'handler'">
    <a id="trap" href="javascript:window.planted='link'">x</a><style>body{background:red}</style>`;
  watch.expect(/Content Security Policy|content security policy/);
  for (const path of ["/api-keys", "/settings/profile"]) {
    await page.route(`**${path}`, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        body: (await answer.text()).replace("</body>", `${planted}</body>`),
      });
    });
    await page.goto(path);
    await page.locator("#trap").evaluate((link: HTMLElement) => link.click());
    await page.waitForLoadState("networkidle");
    expect(await page.evaluate(() => (window as { planted?: string }).planted)).toBeUndefined();
    await page.unroute(`**${path}`);
  }
  // The browser said why: the script, the handler, the link and the style, on each page.
  expect(
    watch.all().filter((text) => text.startsWith("console error: content security policy")).length,
  ).toBeGreaterThanOrEqual(8);
});

test("WEB-09 no secret is in what the pages load", async ({ owner: page, site }, info) => {
  const key = await createKey(page, site, { label: `Kept in ${info.testId}`, mode: "Any address" });
  const aes = await site.enableAes({ ...key, label: "" });
  const bodies: string[] = [];
  page.on("response", async (response) => {
    if (response.request().resourceType() !== "font") bodies.push(await response.text().catch(() => ""));
  });
  for (const path of [
    "/api-keys",
    `/api-keys/${key.id}/edit`,
    `/api-keys/${key.id}/copy`,
    "/security/allowlist",
    "/settings/security",
  ]) {
    await open(page, path);
    bodies.push(await page.content());
  }
  await page.goto("/api-keys");
  await page.waitForLoadState("networkidle");
  const all = bodies.join("\n");
  expect(all).toContain(key.id);
  for (const secret of [key.secret, key.secret.slice(-49, -4), aes, site.secret, ...site.recoveryCodes]) {
    expect(all).not.toContain(secret);
  }
});
