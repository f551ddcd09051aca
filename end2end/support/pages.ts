// The pages in the words of a person: what is pressed, typed and read.

import { expect, type Locator } from "@playwright/test";
import { OWNER, type Site } from "./site";
import { arrive, hasScripts, open, ready, type Page } from "./test";

export const dialog = (page: Page): Locator => page.getByRole("dialog");
export const codeField = (page: Page): Locator => page.getByLabel("Authenticator code");
export const heading = (page: Page, name: string | RegExp): Locator => page.getByRole("heading", { name });

/** Presses a button of the dialog, or of the page when no dialog is open. */
export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

/** Types a code and presses the button that says what it does. */
export async function confirm(page: Page, code: string, button: string): Promise<void> {
  await codeField(page).fill(code);
  await press(page, button);
}

// Signing in

export async function typePassword(page: Page, password: string, email = OWNER.email): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Sign in");
}

/** Types the code of the challenge; with scripts six digits send themselves, the first time. */
export async function typeChallenge(page: Page, code: string, again = false): Promise<void> {
  await codeField(page).fill(code);
  if (again || !hasScripts(page)) await press(page, "Continue");
}

export async function signInByHand(page: Page, site: Site): Promise<void> {
  await open(page, "/sign-in");
  await typePassword(page, site.password);
  await arrive(page, "/challenge");
  await typeChallenge(page, await site.code());
  await arrive(page, "/");
}

/** The set-up form, filled in. */
export async function typeOwner(page: Page, password: string = OWNER.password): Promise<void> {
  await page.getByLabel("Merchant name").fill(OWNER.merchant);
  await page.getByLabel("Your name").fill(OWNER.name);
  await page.getByLabel("E-mail").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill(password);
}

/** The key that the enrolment page shows to whoever cannot scan. */
export async function readManualKey(page: Page): Promise<string> {
  await page.getByText("Can’t scan?").click();
  const key = await page.locator(".manual-key").innerText();
  return key.replace(/\s/g, "");
}

/** The ten codes of the page that shows them once. */
export async function readRecoveryCodes(page: Page): Promise<string[]> {
  const codes = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await expect(codes).toHaveCount(10);
  return codes.allInnerTexts();
}

/** Says that the codes are stored and goes on to the dashboard. */
export async function finishCodes(page: Page): Promise<void> {
  await page.getByLabel("I saved these codes in a safe place").check();
  await press(page, "Finish");
  await arrive(page, "/");
}

// API keys

export const row = (page: Page, label: string): Locator =>
  page.getByRole("row").filter({ has: page.getByText(label, { exact: true }) });

/** Opens the menu of a row and one of its entries, on the page of the list. */
export async function choose(page: Page, of: string, entry: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${of}`, exact: true }).click();
  await page.getByRole("link", { name: entry, exact: true }).click();
  await expect(dialog(page)).toBeVisible();
}

export interface KeyForm {
  label?: string;
  mode?: "Any address" | "Listed addresses" | "Nobody";
  rules?: string;
  expires?: string;
}

/** Fills in the form of a new or an existing key; what is not named stays. */
export async function typeKey(page: Page, form: KeyForm): Promise<void> {
  const at = dialog(page);
  if (form.label !== undefined) {
    const label = at.getByLabel("Label", { exact: true });
    // The browser would cut what is too long; the server must not rely on it.
    await label.evaluate((input) => input.removeAttribute("maxlength"));
    await label.fill(form.label);
  }
  if (form.mode !== undefined) await at.getByRole("radio", { name: form.mode }).check();
  if (form.rules !== undefined) await at.getByLabel("Ranges", { exact: true }).fill(form.rules);
  if (form.expires !== undefined) await at.getByLabel("Last day it works").fill(form.expires);
}

/** From the form to the step that shows what will be stored. */
export async function review(page: Page): Promise<void> {
  await press(page, "Review");
  await arrive(page, /[?&]change=chg_/);
  await expect(dialog(page)).toBeVisible();
}

/** The value beside a word of the confirm step. */
export const fact = (page: Page, name: string): Locator =>
  dialog(page).locator("dt", { hasText: name }).locator("xpath=following-sibling::dd[1]");

/** What a reveal page shows beside a name. */
export async function revealed(page: Page, name: string | RegExp): Promise<string> {
  const rows = page.locator(".secret-row").filter({ has: page.locator(".label", { hasText: name }) });
  return rows.locator(".secret-value").innerText();
}

export interface Secret {
  id: string;
  secret: string;
}

/** Reads the page after the making or copying of a key. */
export async function readSecret(page: Page): Promise<Secret> {
  await arrive(page, /\/secret$/);
  return { id: await revealed(page, "Key ID"), secret: await revealed(page, /^Secret$/) };
}

/** Makes a key in the dialog and reads its secret. */
export async function createKey(page: Page, site: Site, form: KeyForm): Promise<Secret> {
  await open(page, "/api-keys");
  await page.getByRole("link", { name: "Create API key" }).click();
  await typeKey(page, form);
  await review(page);
  await confirm(page, await site.code(), "Create key");
  return readSecret(page);
}

export { arrive, open, ready };
