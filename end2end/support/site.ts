// A server with its owner: codes on demand, sign-in without typing, keys that a test only needs to exist.

import type { BrowserContext } from "@playwright/test";
import { Secret, TOTP } from "otpauth";
import { Client, plain, type Fields } from "./client";
import { Server } from "./server";

const STEP = 30;

/** The owner every test signs in as. */
export const OWNER = {
  merchant: "Lantern Books",
  name: "Ada Owner",
  email: "ada@lantern.example",
  password: "a quiet river under nine bridges",
};

export interface Key {
  id: string;
  label: string;
  secret: string;
}

export interface NewKey {
  label: string;
  mode?: "any" | "listed" | "nobody";
  rules?: string;
  scopes?: string[];
  expires?: string;
  never?: boolean;
  rate?: string;
}

export class Site {
  /** The present secret of the owner's authenticator, base 32. */
  secret = "";
  password = OWNER.password;
  recoveryCodes: string[] = [];
  private lastStep = 0;
  private staff?: Client;

  private constructor(readonly server: Server) {}

  /** A server whose set-up link nobody used yet. */
  static async untouched(chains = ""): Promise<Site> {
    return new Site(await Server.start(chains));
  }

  /** A server with an owner and an authenticator, made by the same forms that a browser posts. */
  static async withOwner(chains = ""): Promise<Site> {
    const site = await Site.untouched(chains);
    try {
      await site.setUp();
    } catch (error) {
      await site.server.close();
      throw error;
    }
    return site;
  }

  get origin(): string {
    return this.server.origin;
  }

  /** The six digits of a moment: of now, or of some steps before or after it. */
  codeOf(steps = 0, secret = this.secret): string {
    const at = (Math.floor(this.server.now() / STEP) + steps) * STEP;
    return new TOTP({ secret: Secret.fromBase32(secret), period: STEP }).generate({ timestamp: at * 1000 });
  }

  /** A code that was never used: moves the server's clock to the next one when the present one was. */
  async code(secret = this.secret): Promise<string> {
    const next = (this.lastStep + 1) * STEP - this.server.now();
    if (next > 0) await this.server.advance(next);
    // Not in the last second of a step: the code must still be the present one when it arrives.
    const left = STEP - (this.server.now() % STEP);
    if (left < 2) await this.server.advance(left);
    this.lastStep = Math.floor(this.server.now() / STEP);
    return this.codeOf(0, secret);
  }

  /** Gives the browser a signed-in session, as if the person had typed password and code. */
  async signIn(context: BrowserContext): Promise<Client> {
    const client = await this.newSession();
    await this.lend(client, context);
    return client;
  }

  /** A session of the owner outside the browser. */
  async newSession(): Promise<Client> {
    const client = new Client(this.origin);
    await client.must(
      "/api/session/sign-in",
      { email: OWNER.email, password: this.password },
      /^\/challenge/,
    );
    await client.must("/api/session/code", { code: await this.code() }, /^\/$/);
    return client;
  }

  /** Signs the browser in with a recovery code and enrols another authenticator. */
  async recover(context: BrowserContext): Promise<void> {
    const client = new Client(this.origin);
    await client.must(
      "/api/session/sign-in",
      { email: OWNER.email, password: this.password },
      /^\/challenge/,
    );
    await client.must("/api/session/recover", { code: this.recoveryCodes.pop() ?? "" }, /^\/setup\/totp$/);
    this.secret = manualKeyIn((await client.get("/setup/totp")).text);
    await client.must("/api/authenticator/confirm", { code: await this.code() }, /^\/setup\/recovery-codes$/);
    await this.lend(client, context);
  }

  /** Uses recovery codes up without enrolling anew, as somebody who then finds the old phone does. */
  async spendRecoveryCodes(count: number): Promise<void> {
    for (let spent = 0; spent < count; spent++) {
      const client = new Client(this.origin);
      const typed = { email: OWNER.email, password: this.password };
      await client.must("/api/session/sign-in", typed, /^\/challenge/);
      await client.must("/api/session/recover", { code: this.recoveryCodes.pop() ?? "" }, /^\/setup\/totp$/);
    }
  }

  /** Makes a key by the same two forms as the dialog and reads its secret where a person would. */
  async createKey(key: NewKey): Promise<Key> {
    const staff = await this.someone();
    const form: Fields = {
      "form[label]": key.label,
      "form[scopes][]": key.scopes ?? ["subaddresses:read", "subaddresses:write"],
      "form[allowlist_mode]": key.mode ?? "any",
      "form[rules]": key.rules ?? "",
      "form[expires_on]": key.expires ?? "",
      "form[rate]": key.rate ?? "",
      ...(key.never ? { "form[never_show_again]": "true" } : {}),
    };
    const begun = await staff.must("/api/keys/create/begin", form, /[?&]change=chg_/);
    const change = new URL(begun.location, this.origin).searchParams.get("change") ?? "";
    const done = await staff.must("/api/keys/create", { change, code: await this.code() }, /\/secret$/);
    const [id = "", secret = ""] = secretsIn((await staff.get(done.location)).text);
    return { id, label: key.label, secret };
  }

  /** Enables an AES key and reads it. */
  async enableAes(key: Key): Promise<string> {
    return this.freshAes("/api/aes/enable", key);
  }

  /** Replaces the AES key and reads the new one. */
  async regenerateAes(key: Key): Promise<string> {
    return this.freshAes("/api/aes/regenerate", key);
  }

  private async freshAes(path: string, key: Key): Promise<string> {
    const staff = await this.someone();
    const done = await staff.must(path, { id: key.id, code: await this.code() }, /\/secret$/);
    return secretsIn((await staff.get(done.location)).text)[1] ?? "";
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  /** The owner's session for preparing things; another one when the last one is over. */
  async someone(): Promise<Client> {
    const alive = this.staff && (await this.staff.get("/settings/profile")).status === 200;
    if (!alive) this.staff = await this.newSession();
    return this.staff as Client;
  }

  private async lend(client: Client, context: BrowserContext): Promise<void> {
    await context.addCookies(
      [...client.cookies]
        .filter(([name]) => name.endsWith("aio_session"))
        .map(([name, value]) => ({
          name,
          value,
          domain: "127.0.0.1",
          path: "/",
          secure: true,
          httpOnly: true,
          sameSite: "Lax" as const,
        })),
    );
  }

  private async setUp(): Promise<void> {
    const client = new Client(this.origin);
    const token = new URL(this.server.setupLink).searchParams.get("token") ?? "";
    const { merchant, name, email, password } = OWNER;
    const owner = { token, merchant_name: merchant, name, email, password };
    await client.must("/api/setup/owner", owner, /^\/setup\/totp$/);
    this.secret = manualKeyIn((await client.get("/setup/totp")).text);
    await client.must("/api/authenticator/confirm", { code: await this.code() }, /^\/setup\/recovery-codes$/);
    this.recoveryCodes = recoveryCodesIn((await client.get("/setup/recovery-codes")).text);
    await client.must("/api/authenticator/codes-saved", { saved: "true" }, /^\/$/);
    this.staff = client;
  }
}

/** The key of the enrolment page, without its spaces. */
function manualKeyIn(html: string): string {
  const found = /class="manual-key"[^>]*>(.*?)<\/p>/s.exec(html);
  if (!found?.[1]) throw new Error(`no key for an authenticator on this page:\n${plain(html).slice(0, 400)}`);
  return plain(found[1]).replace(/\s/g, "");
}

function recoveryCodesIn(html: string): string[] {
  const list = /class="recovery-codes"[^>]*>(.*?)<\/ol>/s.exec(html)?.[1] ?? "";
  return [...list.matchAll(/<li[^>]*>(.*?)<\/li>/gs)].map((found) => plain(found[1] ?? ""));
}

/** The values of a reveal page, in order: key id, then what was asked for. */
function secretsIn(html: string): string[] {
  return [...html.matchAll(/class="secret-value"[^>]*>(.*?)<\/code>/gs)].map((found) =>
    plain(found[1] ?? ""),
  );
}
