// A page from all sides: nothing for axe to complain about, no sideways scrolling, and a picture in end2end/shots.

import AxeBuilder from "@axe-core/playwright";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { engine } from "./database";

const SHOTS = join(__dirname, "../shots");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
// The pages are the same on every database: on one engine they are looked at from all sides, on the other once.
const thorough = engine === "sqlite";
const WIDTHS = thorough ? [1280, 390] : [1280];
const THEMES = thorough ? (["light", "dark"] as const) : (["light"] as const);

/** What axe says of the page as it is. The second theme changes colours and nothing else. */
async function complaints(page: Page, theme: string): Promise<string[]> {
  // Legacy mode stays in this page instead of opening another one for the summary.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const builder = theme === "light" ? axe.withTags(TAGS) : axe.withRules(["color-contrast"]);
  const { violations } = await builder.analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ""}`),
  );
}

/** Looks at the page as it is now, in each theme and width. */
export async function look(page: Page, name: string, language: string): Promise<void> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      const where = `${name}-${language}-${theme}-${width}`;
      found.push(...(await complaints(page, theme)).map((text) => `${where}: ${text}`));
      if (thorough) await page.screenshot({ path: join(SHOTS, `${where}.png`), fullPage: true });
    }
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (sideways > 0) found.push(`${name}-${language}-${width}: ${sideways} px wider than the window`);
  }
  await page.setViewportSize({ width: WIDTHS[0] ?? 1280, height: 800 });
  expect.soft(found, name).toEqual([]);
}
