import { defineConfig } from "@playwright/test";

// Debian's Chromium: Playwright's own download is not needed. Only what a headless run needs is switched off.
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  // Each worker has a server and a database of its own, so the files can run side by side.
  fullyParallel: true,
  workers: 2,
  // A test that passes the second time has found something the first time.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 5_000 },
  reporter: process.env.CI
    ? "list"
    : [["list"], ["html", { open: "never", outputFolder: "playwright-report" }]],
  use: {
    browserName: "chromium",
    headless: true,
    launchOptions: { executablePath: process.env.AIO_E2E_CHROMIUM ?? "/usr/bin/chromium", args: flags },
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    trace: process.env.CI ? "off" : "retain-on-failure",
    screenshot: "only-on-failure",
  },
});
