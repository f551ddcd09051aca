// `scripts/demo shots`: signs in with Chromium while a demo runs, and takes pictures of a payment on its way: it
// appears, counts, is collected. Then of the pages of collection and gas.

import { mkdir } from "node:fs/promises";
import { chromium } from "@playwright/test";
import { freshCode, known } from "./codes.mjs";
import { FOLDER, say } from "./process.mjs";

const SHOTS = `${FOLDER}/shots`;
/** Long enough for a payment to be collected with others. */
const PATIENCE = { timeout: 150_000 };

let browser;
try {
  const facts = await known();
  browser = await chromium.launch({
    executablePath: process.env.AIO_E2E_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
  const page = await browser.newPage({
    baseURL: facts.origin,
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  await mkdir(SHOTS, { recursive: true });
  await signIn(page, facts);
  await payment(page);
  await open(page, "/collection");
  await shoot(page, "4-collection");
  await open(page, "/gas");
  await shoot(page, "5-gas");
} catch (error) {
  console.error(`AIO: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
}

async function signIn(page, { email, password }) {
  await open(page, "/sign-in");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/challenge/);
  await ready(page);
  const code = await freshCode((seconds) => say(`the next code comes in ${seconds} s`));
  // With scripts six digits send themselves.
  await page.getByLabel("Authenticator code").fill(code);
  await page.waitForURL((url) => url.pathname !== "/challenge");
}

/** Follows one payment in the open list, which changes by itself. */
async function payment(page) {
  const waiting = page.getByRole("row").filter({ hasText: "Detected" });
  // It waits for a block for two seconds at most, so the list is opened again until one is met.
  const end = Date.now() + PATIENCE.timeout;
  do await open(page, "/transactions");
  while ((await waiting.count()) === 0 && Date.now() < end);
  const link = await waiting.first().getByRole("link").first().getAttribute("href", { timeout: 1000 });
  await shoot(page, "1-appears");
  const row = page.getByRole("row").filter({ has: page.locator(`a[href="${link}"]`) });
  await row.getByText("Confirmed").waitFor(PATIENCE);
  await shoot(page, "2-counts");
  await row.getByText("Collected").waitFor(PATIENCE);
  await row.getByRole("link").first().click();
  await page.getByRole("dialog").getByText("Collection").first().waitFor();
  await shoot(page, "3-collected");
}

/** Opens a page and waits until its scripts run. */
async function open(page, path) {
  await page.goto(path);
  await ready(page);
}

async function ready(page) {
  await page
    .locator("html[data-hydrated], html:not(:has(link[rel=modulepreload]))")
    .waitFor({ state: "attached" });
}

async function shoot(page, name) {
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
  say(`${SHOTS}/${name}.png`);
}
