// A visitor without a browser: keeps cookies, posts forms, follows nothing. For what a test only needs to be so.

export interface Page {
  status: number;
  /** Where the answer sends the visitor, as a path. */
  location: string;
  headers: Headers;
  text: string;
}

export type Fields = Record<string, string | readonly string[]>;

export class Client {
  readonly cookies = new Map<string, string>();

  constructor(readonly origin: string) {}

  get(path: string): Promise<Page> {
    return this.send(path, {});
  }

  /** Posts a form as a page of this origin does. */
  post(path: string, fields: Fields = {}): Promise<Page> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      for (const one of typeof value === "string" ? [value] : value) body.append(name, one);
    }
    const headers = { origin: this.origin, "content-type": "application/x-www-form-urlencoded" };
    return this.send(path, { method: "POST", body: body.toString(), headers });
  }

  /** Posts, and fails with the server's answer unless it leads where it should. */
  async must(path: string, fields: Fields, leadsTo: RegExp): Promise<Page> {
    const page = await this.post(path, fields);
    if (page.status < 300 || page.status >= 400 || !leadsTo.test(page.location)) {
      throw new Error(`${path}: ${page.status} ${page.location} ${page.text.slice(0, 400)}`);
    }
    return page;
  }

  private async send(path: string, init: RequestInit): Promise<Page> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = {
      accept: "text/html",
      "accept-language": "en",
      ...(cookie ? { cookie } : {}),
      ...init.headers,
    };
    const answer = await fetch(this.origin + path, { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const cut = pair.indexOf("=");
      const [name, value] = [pair.slice(0, cut), pair.slice(cut + 1)];
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    const text = await answer.text();
    return {
      status: answer.status,
      location: answer.headers.get("location") ?? "",
      headers: answer.headers,
      text,
    };
  }
}

/** The text of a piece of HTML. */
export function plain(html: string): string {
  return html
    .replace(/<!--.*?-->|<[^>]*>/gs, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;|&#x27;/g, "'")
    .replace(/&amp;/g, "&")
    .trim();
}
