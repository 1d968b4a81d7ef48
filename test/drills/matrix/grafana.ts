import { createGrafanaClient } from "@rollcall/local/grafana/client.ts";
import { createGrafanaStandIn } from "@rollcall/local/grafana/stand-in.ts";

const PLUGIN_SECRET = "the secret of the plugin in a drill, long enough";

/** A Grafana in which everybody of the matrix may be signed in. */
export interface MatrixGrafana {
  /** Settings of the control service behind it. */
  readonly environment: Readonly<Record<string, string>>;
  /** What its proxy sends along for somebody. @param proof both: as it does; secret: nobody is signed in; token: not through the plugin */
  headersFor(mail: string, proof: "both" | "secret" | "token"): Promise<Record<string, string>>;
  close(): Promise<void>;
}

/** Its tokens last ten minutes; one is made anew well before. */
const KEPT_MS = 5 * 60_000;

export async function openMatrixGrafana(): Promise<MatrixGrafana> {
  const upstream = "http://127.0.0.1:9";
  const grafana = await createGrafanaStandIn({ port: 0, upstream, pluginSecret: PLUGIN_SECRET });
  const client = createGrafanaClient(grafana.url);
  const tokens = new Map<string, { readonly text: string; readonly at: number }>();
  const issue = async (mail: string): Promise<string> => {
    const kept = tokens.get(mail);
    if (kept !== undefined && performance.now() - kept.at < KEPT_MS) return kept.text;
    await client.alterTokens({ count: 1, claims: { email: mail, sub: `user:${mail.split("@")[0]}` } });
    const text = await client.tokenOf("operator");
    tokens.set(mail, { text, at: performance.now() });
    return text;
  };
  // One after another: what alters a token is for the next one that is made.
  let last: Promise<unknown> = Promise.resolve();
  const tokenFor = (mail: string): Promise<string> => {
    const mine = last.then(() => issue(mail));
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    environment: { GRAFANA_URL: grafana.url, GRAFANA_ROOT_URL: grafana.url, GRAFANA_PLUGIN_SECRET: PLUGIN_SECRET },
    async headersFor(mail, proof) {
      return {
        ...(proof === "token" ? {} : { "x-rollcall-grafana-secret": PLUGIN_SECRET }),
        ...(proof === "secret" ? {} : { "x-grafana-id": await tokenFor(mail) }),
      };
    },
    close: () => grafana.close(),
  };
}
