// What every spec imports. One server per worker, shared by its tests; a test that would spoil it for others
// (changes the password, ends sessions, locks people out) sets `server: "own"` and gets a fresh one.

import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
import { Site } from "./site";
import { Watch } from "./watch";

interface Options {
  /** The worker's server, one of the test's own, or one of its own that nobody has set up. */
  server: "shared" | "own" | "untouched";
}

interface Fixtures {
  /** The server of this test. */
  site: Site;
  /** The collector of complaints. */
  watch: Watch;
  /** A page of a browser in which the owner is signed in. */
  owner: Page;
}

/** Browsers in which scripts are off. */
const scriptless = new WeakSet<BrowserContext>();

export const test = base.extend<Options & Fixtures, { shared: Site }>({
  server: ["shared", { option: true }],

  shared: [
    async ({}, use) => {
      const site = await Site.withOwner();
      await use(site);
      await site.close();
    },
    { scope: "worker" },
  ],

  site: async ({ server, shared }, use, info) => {
    const site =
      server === "shared" ? shared : server === "own" ? await Site.withOwner() : await Site.untouched();
    const before = server === "shared" ? site.server.log.length : 0;
    await use(site);
    if (info.status !== info.expectedStatus) {
      await info.attach("server log", { body: site.server.log.slice(before) || "(nothing)" });
    }
    if (server !== "shared") await site.close();
  },

  baseURL: async ({ site }, use) => use(site.origin),

  watch: [
    async ({ context, javaScriptEnabled }, use) => {
      if (javaScriptEnabled === false) scriptless.add(context);
      const watch = new Watch();
      await watch.attach(context, javaScriptEnabled !== false);
      await use(watch);
      expect(watch.unexpected(), "what the browser complained about").toEqual([]);
    },
    { auto: true },
  ],

  owner: async ({ site, context, watch }, use) => {
    void watch;
    await site.signIn(context);
    await use(await context.newPage());
  },
});

export { expect };
export type { Page };

/** Whether scripts run in the page's browser. */
export function hasScripts(page: Page): boolean {
  return !scriptless.has(page.context());
}

/** The same tests in a browser with scripts and in one without. */
export function bothWays(define: () => void): void {
  for (const scripts of [true, false]) {
    test.describe(scripts ? "with scripts" : "without scripts", () => {
      test.use({ javaScriptEnabled: scripts });
      define();
    });
  }
}

/** Waits until the page answers to scripts, where it has any: not on the pages without wasm, not without scripts. */
export async function ready(page: Page): Promise<void> {
  if (!hasScripts(page)) return page.waitForLoadState("load");
  await page
    .locator("html[data-hydrated], html:not(:has(link[rel=modulepreload]))")
    .waitFor({ state: "attached" });
}

/** Opens a page of the server and waits until it can be used. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await ready(page);
}

/** Waits for a page of that address and until it can be used. */
export async function arrive(page: Page, path: string | RegExp): Promise<void> {
  await page.waitForURL((url) => {
    const here = url.pathname + url.search;
    return typeof path === "string" ? here === path : path.test(here);
  });
  await ready(page);
}
