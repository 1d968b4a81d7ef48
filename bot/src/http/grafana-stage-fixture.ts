import { request } from "node:http";
import { provesIdentityTokens } from "@rollcall/core/adapters/grafana/identity-token.ts";
import { openSigningKeys } from "@rollcall/core/adapters/grafana/signing-keys.ts";
import type { Role } from "@rollcall/core/domain/actor.ts";
import type { Person } from "@rollcall/core/ports/directory.ts";
import { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import { createGrafanaClient, type GrafanaClient } from "@rollcall/local/grafana/client.ts";
import { createGrafanaStandIn } from "@rollcall/local/grafana/stand-in.ts";
import { makeApp } from "./app-fixture.ts";
import type { AppDeps } from "./deps.ts";

export const PLUGIN_SECRET = "a secret of the plugin, for tests";

/** An app that people reach through a stand-in of Grafana, and directly. */
export interface GrafanaStage {
  readonly client: GrafanaClient;
  /** The app's own address: `http://127.0.0.1:41234`. */
  readonly direct: string;
  readonly seen: ReturnType<typeof makeApp>["seen"];
  /** Who the directory knows by which address; tests change it. */
  readonly people: Map<string, Person>;
  readonly blocked: Set<string>;
  readonly secret: RotatingSecret;
  /** Moves the app's clock on. */
  readonly clock: { advance(milliseconds: number): void };
  /** Sends no request of a program, but these very headers. */
  headersOf(person: string): Promise<Record<string, string>>;
  close(): Promise<void>;
}

const personOf = (id: string, role: Role | null): Person => ({ id, name: id, mails: [], slack: [], role });

export async function openGrafanaStage(change: (deps: AppDeps) => AppDeps = (deps) => deps): Promise<GrafanaStage> {
  const people = new Map([
    ["viewer@example.test", personOf("viewer", "viewer")],
    ["operator@example.test", personOf("operator", "operator")],
    ["admin@example.test", personOf("second", "admin")],
  ]);
  const blocked = new Set<string>();
  let ahead = 0;
  const clock = {
    now: () => Date.now() + ahead,
    advance: (milliseconds: number) => {
      ahead += milliseconds;
    },
  };
  const secret = new RotatingSecret(PLUGIN_SECRET);
  const grafana = await createGrafanaStandIn({ port: 0, upstream: "http://127.0.0.1:9", pluginSecret: PLUGIN_SECRET });
  const keys = openSigningKeys({ url: `${grafana.url}/api/signing-keys/keys`, clock, onProblem: () => undefined });
  const prove = provesIdentityTokens({ keys, rootUrl: grafana.url, orgs: [1], clock });
  const { app, seen } = makeApp((deps) =>
    change({
      ...deps,
      grafana: { secret, prove },
      ports: {
        ...deps.ports,
        clock,
        directory: { ...deps.ports.directory, byMail: (mail) => people.get(mail) ?? null },
        rules: { current: () => ({ ...deps.ports.rules.current(), blocks: [...blocked].map(blockOf) }) },
      },
    }),
  );
  const direct = await app.listen({ host: "127.0.0.1", port: 0 });
  const client = createGrafanaClient(grafana.url);
  await client.set({ upstream: direct });
  return {
    ...{ client, direct, seen, people, blocked, secret, clock },
    headersOf: async (person) => ({
      "x-rollcall-grafana-secret": PLUGIN_SECRET,
      "x-grafana-id": await client.tokenOf(person),
    }),
    close: async () => {
      await app.close();
      await grafana.close();
    },
  };
}

const blockOf = (person: string) => ({ person, reason: "left", by: "second", since: null, until: null });

/** The status of a request whose address and headers go out as they are: fetch would tidy them up. */
export function rawStatus(
  base: string,
  path: string,
  headers: Record<string, string | string[]> = {},
): Promise<number> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers, timeout: 10_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}
