import { arrive, bothWays, expect, open, test } from "../support/test";
import {
  codeField,
  confirm,
  heading,
  press,
  readManualKey,
  readRecoveryCodes,
  finishCodes,
  signInByHand,
  typeChallenge,
  typePassword,
} from "../support/pages";
import { Client } from "../support/client";
import { OWNER } from "../support/site";

const WAIT = /^Too many wrong codes\. Wait (1 minute|\d+ seconds), then try again\.$/;
const NO_MATCH = "E-mail and password do not match.";

bothWays(() => {
  test("AUT-10 the password leads to the code, the code to the page that was asked for", async ({
    page,
    site,
  }) => {
    await open(page, "/settings/security");
    await arrive(page, "/sign-in?next=/settings/security");
    await typePassword(page, OWNER.password);
    await arrive(page, "/challenge?next=/settings/security");
    // Between the two nothing else opens.
    await page.goto("/api-keys");
    await arrive(page, /^\/challenge/);
    await page.goto("/challenge?next=/settings/security");
    await typeChallenge(page, await site.code());
    await arrive(page, "/settings/security");
    await expect(heading(page, "Settings")).toBeVisible();
  });

  test("AUT-16 a wrong password and an unknown person read the same, and the e-mail stays", async ({
    page,
  }) => {
    await open(page, "/sign-in");
    for (const [email, password] of [
      [OWNER.email, "not the password at all"],
      ["nobody@lantern.example", OWNER.password],
    ] as const) {
      await typePassword(page, password, email);
      await expect(page.getByRole("alert")).toHaveText(NO_MATCH);
      await expect(page.getByLabel("E-mail")).toHaveValue(email);
      await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    }
  });

  test("a code with a space or in full-width digits is read", async ({ page, site }) => {
    const wide = (code: string) =>
      code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    const spaced = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`;
    for (const typed of [spaced, wide]) {
      await page.context().clearCookies();
      await open(page, "/sign-in");
      await typePassword(page, OWNER.password);
      await arrive(page, "/challenge");
      await typeChallenge(page, typed(await site.code()));
      await arrive(page, "/");
    }
  });

  test("a code of five or seven digits is refused in words", async ({ page, site }) => {
    await open(page, "/sign-in");
    await typePassword(page, OWNER.password);
    await arrive(page, "/challenge");
    const code = await site.code();
    for (const typed of [code.slice(1), `${code}0`]) {
      // The browser would stop it already; the server must do so without the browser's help.
      await page.locator("form:has(#code)").evaluate((form: HTMLFormElement) => (form.noValidate = true));
      await codeField(page).fill(typed);
      await press(page, "Continue");
      await expect(page.getByText("A code has exactly six digits.")).toBeVisible();
      await expect(codeField(page)).toHaveValue("");
    }
    await typeChallenge(page, code, true);
    await arrive(page, "/");
  });

  test("AUT-04 the code before counts, older and later ones do not", async ({ page, site }) => {
    await open(page, "/sign-in");
    await typePassword(page, OWNER.password);
    await arrive(page, "/challenge");
    await site.code();
    await site.server.advance(90);
    for (const steps of [-2, 1]) {
      await typeChallenge(page, site.codeOf(steps), steps === 1);
      await expect(page.getByText("Wrong code. Enter the one your app shows now.")).toBeVisible();
    }
    await typeChallenge(page, site.codeOf(-1), true);
    await arrive(page, "/");
    await site.code();
  });

  test("AUT-02 a code works once, and the page says when the next one comes", async ({
    page,
    context,
    site,
  }) => {
    const code = await site.code();
    await open(page, "/sign-in");
    await typePassword(page, OWNER.password);
    await typeChallenge(page, code);
    await arrive(page, "/");
    await context.clearCookies();
    await open(page, "/sign-in");
    await typePassword(page, OWNER.password);
    await arrive(page, "/challenge");
    await typeChallenge(page, code);
    await expect(
      page.getByText(/^This code was already used\. Wait for the next one, in \d+ seconds?\.$/),
    ).toBeVisible();
    await expect(codeField(page)).toBeFocused();
    await typeChallenge(page, await site.code(), true);
    await arrive(page, "/");
  });

  test("someone else can sign in instead", async ({ page }) => {
    await open(page, "/sign-in");
    await typePassword(page, OWNER.password);
    await arrive(page, "/challenge");
    await press(page, "Sign in as someone else");
    await arrive(page, "/sign-in");
    await page.goto("/challenge");
    await arrive(page, /^\/sign-in/);
  });

  test("WEB-03 the page to come back to is one of this server", async ({ page, site }) => {
    for (const next of ["//evil.example/", "https://evil.example/", "/\\evil.example"]) {
      await page.context().clearCookies();
      await open(page, `/sign-in?next=${encodeURIComponent(next)}`);
      await typePassword(page, OWNER.password);
      await arrive(page, /^\/challenge/);
      await typeChallenge(page, await site.code());
      await arrive(page, "/");
    }
  });

  test.describe("on a server of its own", () => {
    test.use({ server: "own" });

    test("AUT-05 after five wrong codes even the right one has to wait", async ({ page, site }) => {
      await open(page, "/sign-in");
      await typePassword(page, OWNER.password);
      await arrive(page, "/challenge");
      for (let miss = 1; miss <= 4; miss++) {
        await typeChallenge(page, site.codeOf(5), miss > 1);
        await expect(page.getByText("Wrong code.")).toBeVisible();
      }
      await typeChallenge(page, site.codeOf(5), true);
      await expect(page.getByText(WAIT)).toBeVisible();
      await typeChallenge(page, await site.code(), true);
      await expect(page.getByText(WAIT)).toBeVisible();
      await expect(codeField(page)).toHaveValue("");
      await site.server.advance(61);
      await typeChallenge(page, await site.code(), true);
      await arrive(page, "/");
    });

    test("AUT-17 too many wrong passwords have to wait, and the page names the minutes", async ({
      page,
      site,
    }) => {
      const guesser = new Client(site.origin);
      for (let guess = 0; guess < 10; guess++) {
        await guesser.post("/api/session/sign-in", { email: OWNER.email, password: `guess number ${guess}` });
      }
      await open(page, "/sign-in");
      await typePassword(page, OWNER.password);
      await expect(page.getByRole("alert")).toHaveText(
        /^Too many tries\. Wait \d+ minutes, then try again\.$/,
      );
      await expect(page.getByLabel("E-mail")).toHaveValue(OWNER.email);
      await site.server.advance(15 * 60 + 1);
      await signInByHand(page, site);
    });

    test("AUT-11 a recovery code works once, however it is typed, and leads to a new authenticator", async ({
      page,
      site,
    }) => {
      const [code = ""] = site.recoveryCodes;
      const before = site.secret;
      await open(page, "/sign-in");
      await typePassword(page, OWNER.password);
      await arrive(page, "/challenge");
      await page.getByRole("link", { name: "Use a recovery code" }).click();
      await arrive(page, "/recover");
      await page.getByLabel("Recovery code").fill("aaaa-bbbb-cccc-dddd");
      await press(page, "Continue");
      await expect(page.getByText("This is not one of your unused recovery codes.")).toBeVisible();
      await page.getByLabel("Recovery code").fill(` ${code.toUpperCase().replaceAll("-", " ")} `);
      await press(page, "Continue");

      await arrive(page, "/setup/totp");
      site.secret = await readManualKey(page);
      expect(site.secret).not.toBe(before);
      await confirm(page, await site.code(before), "Confirm code");
      await expect(page.getByText("Wrong code.")).toBeVisible();
      await confirm(page, await site.code(), "Confirm code");
      await arrive(page, "/setup/recovery-codes");
      expect(await readRecoveryCodes(page)).not.toContain(code);
      await finishCodes(page);

      // Used, and replaced with the others.
      await page.context().clearCookies();
      await open(page, "/sign-in");
      await typePassword(page, OWNER.password);
      await arrive(page, "/challenge");
      await page.goto("/recover");
      for (const old of [code, site.recoveryCodes[1] ?? ""]) {
        await page.getByLabel("Recovery code").fill(old);
        await press(page, "Continue");
        await expect(page.getByText("This is not one of your unused recovery codes.")).toBeVisible();
      }
    });

    test("AUT-12 for a day after a recovery secrets cannot be copied", async ({ page, site }) => {
      const key = await site.createKey({ label: "Kept back" });
      await site.recover(page.context());
      await open(page, "/settings/security");
      await expect(page.getByText(/Secrets cannot be copied until/)).toBeVisible();
      await open(page, `/api-keys/${key.id}/copy`);
      await confirm(page, await site.code(), "Show secret");
      await expect(page.getByRole("alert")).toContainText(
        "Secrets cannot be copied for a while after a recovery",
      );
      await site.server.advance(24 * 3600 + 1);
      await page.context().clearCookies();
      await site.signIn(page.context());
      await open(page, `/api-keys/${key.id}/copy`);
      await confirm(page, await site.code(), "Show secret");
      await arrive(page, /\/secret$/);
      await expect(page.getByText(key.secret, { exact: true })).toBeVisible();
    });

    test("AUT-11 few recovery codes left are told on the first page", async ({ page, site }) => {
      await site.spendRecoveryCodes(7);
      await site.signIn(page.context());
      await open(page, "/api-keys");
      await expect(page.getByText("Only 3 recovery codes are left.")).toBeVisible();
      await page.getByRole("link", { name: "Make new ones" }).click();
      await expect(heading(page, "Make new recovery codes?")).toBeVisible();
    });

    test("a lost authenticator is taken away on the host, and the next sign-in enrols another", async ({
      owner: page,
      site,
    }) => {
      await open(page, "/api-keys");
      const before = site.secret;
      expect(await site.server.aio("user", "reset-authenticator", "--email", OWNER.email)).toMatchObject({
        status: 0,
      });
      await page.goto("/api-keys");
      await arrive(page, "/sign-in?next=/api-keys");
      await typePassword(page, OWNER.password);
      await arrive(page, "/setup/totp");
      site.secret = await readManualKey(page);
      expect(site.secret).not.toBe(before);
      await confirm(page, await site.code(), "Confirm code");
      await arrive(page, "/setup/recovery-codes");
      await readRecoveryCodes(page);
      await finishCodes(page);
    });
  });
});
