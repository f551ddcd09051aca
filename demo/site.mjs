// AIO itself: settings, master key, server, and the owner, who fills in the forms that a browser without scripts posts.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { Visitor, textOf } from "../benches/lib/visitor.mjs";
import { freshCode, remember } from "./codes.mjs";
import { FOLDER, freePort, say, start, until } from "./process.mjs";

const run = promisify(execFile);
const BINARY = "target/dist/aio";
const CONFIG = `${FOLDER}/aio.toml`;
const SCOPES = ["subaddresses:read", "subaddresses:write", "transactions:read", "events:read"];
/** Collected when three subaddresses are ready, or after a minute. */
const RULES = { "form[automatic]": "true", "form[batch_size]": "3", "form[max_age]": "1" };

export class Site {
  /** The running server, with chains whose nodes run. */
  static async start(chains) {
    const site = new Site();
    const port = await freePort(3000);
    site.origin = `http://127.0.0.1:${port}`;
    const settings = `# Written by scripts/demo at each start. aio.example.toml explains all settings.
listen = "127.0.0.1:${port}"
origin = "${site.origin}"
network = "test"
master_key_file = "${FOLDER}/master.key"
site_root = "target/site"

[database]
url = "sqlite:${FOLDER}/aio.db"
${chains.map((chain) => chain.settings()).join("")}`;
    await writeFile(CONFIG, settings, { mode: 0o600 });
    // Variables would override these settings.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AIO_")));
    await run(BINARY, ["key", "init", "--file", `${FOLDER}/master.key`, "--config", CONFIG], { env });
    await start("aio", BINARY, ["serve", "--config", CONFIG], { ...env, LEPTOS_ENV: "PROD" });
    site.token = await until("aio serve", async () => {
      return /setup\?token=(\S+)\s/.exec(await readFile(`${FOLDER}/aio.log`, "utf8"))?.[1];
    });
    site.owner = new Visitor(site.origin);
    return site;
  }

  /** Opens the one-time link, makes the owner, enrols an authenticator. */
  async setUp() {
    const email = "demo@example.com";
    const password = randomBytes(15).toString("base64url").match(/.{5}/g).join("-");
    const owner = { token: this.token, merchant_name: "Lantern Books", name: "Demo Owner", email, password };
    await this.owner.must("/api/setup/owner", owner, /^\/setup\/totp$/);
    const secret = textOf((await this.owner.get("/setup/totp")).text, "manual-key")[0].replace(/\s/g, "");
    await remember({ origin: this.origin, email, password, secret });
    await this.#withCode("the authenticator", "/api/authenticator/confirm", {}, /^\/setup\/recovery-codes$/);
    await this.owner.must("/api/authenticator/codes-saved", { saved: "true" }, /^\/$/);
    const uri = `otpauth://totp/AIO:${encodeURIComponent(email)}?secret=${secret}&issuer=AIO`;
    return { email, password, uri };
  }

  /** Makes an API key and reads its secret where a person would. */
  async createKey(label) {
    const form = new URLSearchParams({ "form[label]": label, "form[allowlist_mode]": "any" });
    for (const name of ["form[rules]", "form[expires_on]", "form[rate]"]) form.append(name, "");
    for (const scope of SCOPES) form.append("form[scopes][]", scope);
    const change = await this.#begin("/api/keys/create/begin", form);
    const done = await this.#withCode("an API key", "/api/keys/create", { change }, /\/secret$/);
    const page = await this.owner.get(done.location);
    return textOf(page.text, "secret-value").find((text) => text.startsWith("aio_"));
  }

  /** Says where the money of a chain goes, and that it goes soon. */
  async collect(chain) {
    const address = await chain.walletAddress();
    const where = await this.#begin("/api/collection/address-begin", { chain: chain.id, address });
    const what = `where money goes on ${chain.id}`;
    await this.#withCode(what, "/api/collection/address", { change: where }, /^\/collection$/);
    // The form tells the version of the settings that it shows.
    const form = (await this.owner.get(`/collection/${chain.id}/rules`)).text;
    const version = /name="form\[version\]"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="form\[version\]"/.exec(form);
    const rules = { chain: chain.id, "form[version]": version[1] ?? version[2], ...RULES };
    const when = await this.#begin("/api/collection/rules-begin", rules);
    await this.#withCode(`when it goes there`, "/api/collection/rules", { change: when }, /^\/collection$/);
    return address;
  }

  /** The address that pays an Ethereum-type network. */
  async gasAddress() {
    return /ethereum:(0x[0-9a-fA-F]{40})/.exec((await this.owner.get("/gas")).text)[1];
  }

  /** The first step of a change: what will be stored. */
  async #begin(path, fields) {
    const begun = await this.owner.must(path, fields, /[?&]change=chg_/);
    return new URL(begun.location, this.origin).searchParams.get("change");
  }

  /** The second step, with a code. */
  async #withCode(what, path, fields, leadsTo) {
    const code = await freshCode((seconds) => say(`set-up: ${what} needs a code, and each works once: ${seconds} s`));
    const done = await this.owner.must(path, { ...fields, code }, leadsTo);
    say(`set-up: ${what} is done`);
    return done;
  }
}
