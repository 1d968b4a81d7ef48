import type { GoogleClient } from "@rollcall/local/google/client.ts";
import type { App } from "../http/deps.ts";

interface BrowserParts {
  readonly app: App;
  readonly google: GoogleClient;
  readonly publicUrl: string;
}

/** What a browser does with our pages: it keeps cookies, sends forms with its origin, and goes to Google and back. */
export function createBrowser({ app, google, publicUrl }: BrowserParts) {
  const jar = new Map<string, string>();
  const cookies = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
  const send = async (method: "GET" | "POST", url: string, more: { headers?: object; payload?: string } = {}) => {
    const headers = { ...(jar.size === 0 ? {} : { cookie: cookies() }), ...more.headers };
    const answer = await app.inject({ method, url, headers, ...(more.payload && { payload: more.payload }) });
    for (const { name, value, maxAge } of answer.cookies) {
      if (maxAge === 0) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  const get = (url: string, headers: object = {}) => send("GET", url, { headers });
  const post = (url: string, form: Record<string, string>, headers: object = {}) =>
    send("POST", url, {
      payload: new URLSearchParams(form).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded", origin: publicUrl, ...headers },
    });
  const toGoogle = async (): Promise<string> => String((await get("/auth/google")).headers.location);
  const fromGoogle = async (person: string | null): Promise<string> => {
    const back = await google.signIn(await toGoogle(), person);
    return back.pathname + back.search;
  };
  return {
    ...{ jar, get, post, toGoogle, fromGoogle },
    /** All the way: to Google, say who it is, and back. */
    signIn: async (person: string | null) => get(await fromGoogle(person)),
    session: () => jar.get("rollcall") ?? null,
    /** As a script of a page sends JSON. */
    postJson: (url: string, body: unknown, headers: object = {}) =>
      send("POST", url, {
        payload: JSON.stringify(body),
        headers: { "content-type": "application/json", origin: publicUrl, ...headers },
      }),
    async formToken(): Promise<string> {
      return ((await get("/api/v1/session")).json() as { formToken: string }).formToken;
    },
  };
}
