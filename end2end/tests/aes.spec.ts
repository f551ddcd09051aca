import { arrive, bothWays, expect, open, test, type Page } from "../support/test";
import { choose, confirm, dialog, fact, heading, revealed, review, row } from "../support/pages";
import { whoami } from "../support/shop";

/** Reads the page after the making or copying of an AES key. */
async function readAes(page: Page): Promise<{ key: string; version: string }> {
  await arrive(page, /\/secret$/);
  await expect(heading(page, "Your AES key")).toBeVisible();
  const shown = {
    key: await revealed(page, "AES key (base64)"),
    version: await revealed(page, "AES key version"),
  };
  // Nothing of the API key's own secret stands beside it.
  expect(await page.content()).not.toContain("aio_test_");
  return shown;
}

bothWays(() => {
  test("AES-08 an AES key is enabled, copied, regenerated and disabled, each behind a code", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Sealed ${info.testId}` });
    await open(page, "/api-keys");
    await expect(row(page, key.label)).toContainText("Off");
    await choose(page, key.label, "Enable…");
    await confirm(page, await site.code(), "Enable AES key");
    const first = await readAes(page);
    expect(Buffer.from(first.key, "base64")).toHaveLength(32);
    expect(first.version).toBe("1");
    await page.reload();
    await expect(heading(page, "Already shown")).toBeVisible();

    await open(page, "/api-keys");
    await expect(row(page, key.label)).toContainText("Version 1");
    await choose(page, key.label, "Copy…");
    await confirm(page, await site.code(), "Show AES key");
    expect(await readAes(page)).toEqual(first);

    await open(page, "/api-keys");
    await choose(page, key.label, "Regenerate…");
    await expect(dialog(page)).toContainText("The old AES key stops working the moment you confirm.");
    await expect(dialog(page)).toContainText("To rotate without downtime, create a second API key");
    await confirm(page, await site.code(), "Regenerate AES key");
    const second = await readAes(page);
    expect(second.version).toBe("2");
    expect(second.key).not.toBe(first.key);

    await open(page, "/api-keys");
    await expect(row(page, key.label)).toContainText("Version 2");
    await choose(page, key.label, "Disable…");
    await expect(dialog(page)).toContainText("no longer AES-encrypted");
    await confirm(page, await site.code(), "Disable AES key");
    await arrive(page, `/api-keys?changed=${key.id}`);
    await expect(row(page, key.label)).toContainText("Off");
    // The API key itself is as it was.
    expect((await whoami(site, key.secret)).status).toBe(200);

    // Without an AES key there is nothing to copy, whatever address is opened.
    await open(page, `/api-keys/${key.id}/aes/copy`);
    await confirm(page, await site.code(), "Show AES key");
    await expect(page.getByText("This API key has no AES key. Enable one first.")).toBeVisible();
  });

  test("the encryption mode can be chosen once there is an AES key, and goes with it", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Modes ${info.testId}` });
    await open(page, `/api-keys/${key.id}/edit`);
    await expect(dialog(page)).toContainText("Enable an AES key to choose another mode.");
    await site.enableAes(key);
    for (const [words, mode, before] of [
      ["Optional: as the client sends", "optional", null],
      ["Off: bodies are plain JSON", "off", "Optional: as the client sends"],
    ] as const) {
      await open(page, `/api-keys/${key.id}/edit`);
      const select = dialog(page).getByLabel("Encrypted bodies");
      if ((await select.inputValue()) === mode) continue;
      await select.selectOption(words);
      await review(page);
      await expect(fact(page, "Encrypted bodies").locator("ins")).toHaveText(words);
      if (before) await expect(fact(page, "Encrypted bodies").locator("del")).toHaveText(before);
      await confirm(page, await site.code(), "Save changes");
      await arrive(page, `/api-keys?changed=${key.id}`);
      expect((await whoami(site, key.secret)).body.encryption).toBe(mode);
    }
  });

  test("KEY-04 the AES key of a key never shown again can still be copied, its secret cannot", async ({
    owner: page,
    site,
  }, info) => {
    const key = await site.createKey({ label: `Half open ${info.testId}`, never: true });
    const aes = await site.enableAes(key);
    await open(page, `/api-keys/${key.id}/aes/copy`);
    await confirm(page, await site.code(), "Show AES key");
    expect((await readAes(page)).key).toBe(aes);
    await expect(page.getByText(key.secret)).toHaveCount(0);
  });
});
