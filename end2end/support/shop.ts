// The shop's own server: a plain HTTP client with an API key, no browser.

import type { Site } from "./site";

export interface Reply {
  status: number;
  body: Record<string, unknown> & {
    merchant?: { id: string; name: string };
    key?: { id: string; label: string; scopes: string[] };
    encryption?: string;
    code?: string;
  };
}

/** Asks the merchant API who it is. */
export async function whoami(site: Site, secret: string, query = ""): Promise<Reply> {
  const answer = await fetch(`${site.origin}/v1/whoami${query}`, { headers: { authorization: `Bearer ${secret}` } });
  return { status: answer.status, body: (await answer.json()) as Reply["body"] };
}
