// P5: an encrypted echo of one kilobyte beside a plain one. The requests are made before the clock runs.

import { createCipheriv, hkdfSync, randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { posts } from "../lib/load.mjs";
import { middle, spread } from "../lib/report.mjs";

/** More than a round can send: a request id works once. */
const PREPARED = 60_000;
const BODY = JSON.stringify({ text: "x".repeat(1024 - 11) });

/** As docs/encryption.md says. */
function sealed({ aesKey, aesVersion, keyId }, key) {
  const [time, id, iv] = [String(Math.floor(Date.now() / 1000)), randomUUID(), randomBytes(12)];
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  const bound = ["aio-body-v1", "request", keyId, aesVersion, "POST", "/v1/echo", time, id];
  cipher.setAAD(Buffer.from(bound.join("\n")));
  const data = Buffer.concat([cipher.update(BODY, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${aesVersion} ${time} ${id} {"iv":"${iv.toString("base64")}","encrypted_data":"${data.toString("base64")}"}`;
}

export async function encrypted({ origin, folder, site, rows, rounds, say }) {
  const secret = Buffer.from(site.aesKey, "base64");
  const key = Buffer.from(hkdfSync("sha256", secret, "", "aio-body-v1 request", 32));
  const [plainFile, sealedFile] = [join(folder, "plain"), join(folder, "sealed")];
  await writeFile(plainFile, `${`- - - ${BODY}\n`.repeat(1000)}`);
  const send = (file) => posts(`${origin}/v1/echo`, [site.key, "-", file], { callers: 16, seconds: 3 });
  const [plain, secretly] = [[], []];
  for (let round = 1; round <= rounds; round += 1) {
    say(`P5 round ${round}`);
    plain.push((await send(plainFile)).rate);
    const lines = Array.from({ length: PREPARED }, () => sealed(site, key));
    await writeFile(sealedFile, `${lines.join("\n")}\n`);
    secretly.push((await send(sealedFile)).rate);
  }
  const share = middle(secretly).median / middle(plain).median;
  rows.push({
    id: "P5",
    what: "`POST /v1/echo` of 1 KB, encrypted, 16 callers, beside the same in the clear",
    baseline: spread(plain, 0, "/s"),
    product: spread(secretly, 0, "/s"),
    result: `${Math.round(share * 100)} % of the baseline`,
    goal: ">= 60 %",
    met: share >= 0.6,
  });
}
