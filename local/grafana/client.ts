import { callControl } from "../stand-in/control-call.ts";
import type { Fault } from "./faults.ts";

interface TokenOrder {
  readonly count?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signature?: "ES256" | "none" | "HS256" | "stranger";
}

export interface GrafanaClient {
  /** Of the stand-in: `http://127.0.0.1:<port>`. */
  readonly base: string;
  /** A request of a page of the plugin. @param person who is signed in @param path below the plugin's proxy: `api/v1/agents` */
  ask(person: string, path: string, init?: RequestInit): Promise<Response>;
  /** The token that Grafana makes for somebody. */
  tokenOf(person: string): Promise<string>;
  /** Makes the next tokens otherwise than Grafana would. */
  alterTokens(order: TokenOrder): Promise<void>;
  /** A new key signs from now on. @param forget publishes the earlier ones no more @returns its id */
  rotateKeys(forget?: boolean): Promise<string>;
  /** What happens to the next answers with the signing keys. */
  failKeys(fault: Pick<Fault, "kind"> & Partial<Fault>): Promise<void>;
  /** Only honest answers and tokens from now on. */
  clear(): Promise<void>;
  set(settings: { readonly pluginSecret?: string; readonly upstream?: string }): Promise<void>;
  calls(): Promise<{ keys: number; proxied: number }>;
}

/** A client of the stand-in, for tests and drills. @param url `http://127.0.0.1:<port>` */
export function createGrafanaClient(url: string): GrafanaClient {
  const post = (path: string, body: unknown = {}) => callControl(`${url}/control/${path}`, body);
  return {
    base: url,
    ask: (person, path, init = {}) =>
      fetch(`${url}/api/plugin-proxy/rollcall-fleet-app/${path}`, {
        signal: AbortSignal.timeout(20_000),
        ...init,
        headers: { ...(init.headers as Record<string, string>), cookie: `grafana_session=${person}` },
      }),
    tokenOf: async (person) => ((await post("id-tokens/issue", { person })) as { token: string }).token,
    alterTokens: async (order) => void (await post("id-tokens/alter", order)),
    rotateKeys: async (forget = false) => ((await post("keys/rotate", { forget })) as { kid: string }).kid,
    failKeys: async (fault) => void (await post("faults", fault)),
    clear: async () => void (await post("faults/clear")),
    set: async (settings) => void (await post("settings", settings)),
    calls: () => callControl(`${url}/control/calls`) as ReturnType<GrafanaClient["calls"]>,
  };
}
