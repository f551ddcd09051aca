// Numbers as people read them, and the table in docs/performance.md.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

const FILE = "docs/performance.md";
// Read before the run makes a load of its own: on a busy machine the figures say little.
const LOAD = loadavg()[0].toFixed(1);
const [BEGIN, END] = ["<!-- bench:begin -->", "<!-- bench:end -->"];

/** The middle one of several runs, with the least and the greatest. */
export function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor(sorted.length / 2)], min: sorted[0], max: sorted[sorted.length - 1] };
}

/** `1,234 (1,200 to 1,300)` */
export function spread(values, digits = 0, unit = "") {
  const { median, min, max } = middle(values);
  const text = (value) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text(median)}${unit} (${text(min)} to ${text(max)})`;
}

export const megabytes = (bytes) => bytes / 2 ** 20;

/** Replaces the table between the marks. */
export function write(rows) {
  const git = (...words) => execFileSync("git", words, { encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--", ".", `:!${FILE}`) ? ", with changes not committed" : "";
  const commit = git("rev-parse", "--short", "HEAD");
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${/^[\d.]+/.exec(release())[0]}`;
  const lines = [
    BEGIN,
    `Commit ${commit}${changed}; ${machine}; ${new Date().toISOString().slice(0, 10)}; load before the run ${LOAD}.`,
    "",
    "| id | what | baseline | AIO | result | goal | met |",
    "|---|---|---|---|---|---|---|",
    ...rows.map(({ id, what, baseline = "-", product, result, goal, met }) =>
      `| ${[id, what, baseline, product, result, goal, met === undefined ? "-" : met ? "yes" : "**no**"].join(" | ")} |`),
    END,
  ];
  const text = readFileSync(FILE, "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < 0) throw new Error(`${FILE} has lost its marks`);
  writeFileSync(FILE, text.slice(0, before) + lines.join("\n") + text.slice(after + END.length));
}
