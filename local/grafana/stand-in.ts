import type { FastifyInstance } from "fastify";
import { createLocalServer } from "../stand-in/local-server.ts";
import { addBoards } from "./boards.ts";
import { addControl } from "./control.ts";
import { addDataSource } from "./data-source.ts";
import { Faults } from "./faults.ts";
import { IdTokens } from "./id-tokens.ts";
import { SigningKeys } from "./keys.ts";
import { addPages } from "./pages.ts";
import { addPluginSettings } from "./plugin-settings.ts";
import { addPreferences } from "./preferences.ts";
import { addPluginProxy } from "./proxy.ts";
import { signedIn } from "./session.ts";

export interface GrafanaStandInOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Control service that the plugin's routes lead to: `http://127.0.0.1:8080`. */
  readonly upstream: string;
  readonly pluginSecret: string;
  /** Prometheus that the boards ask: `http://127.0.0.1:9090`. Left out: there is none. */
  readonly prometheus?: string;
  readonly logLevel?: string;
  /** Resolves when what the pages are made of is built; pages wait for it. Left out: there are no pages. */
  readonly built?: Promise<unknown>;
}

export interface GrafanaStandIn {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:<port>`: root_url, and where the signing keys are. */
  readonly url: string;
  close(): Promise<void>;
}

const BODY_BYTES = 1024 * 1024;

/** What of Grafana Rollcall touches: signing keys, the plugin's proxy and settings, and its pages; listens on 127.0.0.1. */
export async function createGrafanaStandIn(options: GrafanaStandInOptions): Promise<GrafanaStandIn> {
  const app = createLocalServer({ logLevel: options.logLevel ?? "silent", bodyLimit: BODY_BYTES });
  const keys = new SigningKeys();
  const faults = new Faults();
  const calls = { keys: 0, proxied: 0 };
  const settings = { upstream: options.upstream.replace(/\/$/, ""), pluginSecret: options.pluginSecret };
  let url = "";
  const idTokens = new IdTokens(keys, () => `${url}/`);
  app.get("/api/signing-keys/keys", async (_request, reply) => {
    calls.keys += 1;
    void reply.header("cache-control", "max-age=3600");
    return faults.answer(reply, keys.published());
  });
  addPluginProxy(app, {
    settings: () => settings,
    idTokens,
    personOf: (request) => {
      calls.proxied += 1;
      return signedIn(request);
    },
  });
  addControl(app, { keys, faults, calls, idTokens, settings });
  addPluginSettings(app, settings);
  const languages = new Map<string, string>();
  addPreferences(app, languages);
  addBoards(app, options.built);
  addDataSource(app, options.prometheus ?? null);
  addPages(app, { built: options.built, settings, languages });
  await app.listen({ host: "127.0.0.1", port: options.port });
  const address = app.server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : options.port}`;
  return { app, url, close: () => app.close() };
}
