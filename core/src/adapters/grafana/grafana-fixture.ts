import { createGrafanaClient, type GrafanaClient } from "@rollcall/local/grafana/client.ts";
import { createGrafanaStandIn, type GrafanaStandIn } from "@rollcall/local/grafana/stand-in.ts";
import { type GrafanaUser, provesIdentityTokens } from "./identity-token.ts";
import { openSigningKeys } from "./signing-keys.ts";

/** A Grafana of its own with what proves its tokens, at a time that the test moves. */
export interface TestGrafana {
  readonly grafana: GrafanaStandIn;
  readonly client: GrafanaClient;
  readonly problems: string[];
  prove(token: string): Promise<GrafanaUser>;
  /** A prover that has read no keys yet. */
  fresh(): (token: string) => Promise<GrafanaUser>;
  advance(milliseconds: number): void;
  close(): Promise<void>;
}

export async function openTestGrafana(): Promise<TestGrafana> {
  const grafana = await createGrafanaStandIn({
    port: 0,
    upstream: "http://127.0.0.1:9",
    pluginSecret: "a secret of the plugin, for tests",
  });
  const problems: string[] = [];
  let ahead = 0;
  const clock = { now: () => Date.now() + ahead };
  const open = () => {
    const url = `${grafana.url}/api/signing-keys/keys`;
    const onProblem = (problem: string, cause: unknown) =>
      void problems.push(`${problem}: ${(cause as Error).message}`);
    const keys = openSigningKeys({ url, clock, onProblem });
    return provesIdentityTokens({ keys, rootUrl: grafana.url, orgs: [1], clock });
  };
  const prove = open();
  return {
    ...{ grafana, client: createGrafanaClient(grafana.url), problems, prove, fresh: open },
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
    close: () => grafana.close(),
  };
}
