import { rotatingSecret } from "@rollcall/core/secrets/read-settings.ts";
import type { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import { z } from "zod";

const address = z.url({ protocol: /^https?$/, error: "an address http://… or https://…" });
const orgs = z
  .string()
  .default("1")
  .transform((text) => text.split(",").map((org) => org.trim()))
  .refine((list) => list.every((org) => /^[1-9]\d{0,8}$/.test(org)), "numbers of organisations with commas between")
  .transform((list) => list.map(Number));

/** Settings of the door that Grafana's people come through; address and secret are set together or not at all. */
export const grafanaSettings = {
  GRAFANA_URL: address
    .optional()
    .describe("Where Grafana is reached; its signing keys are read there; nobody comes by Grafana if not set"),
  GRAFANA_ROOT_URL: address
    .optional()
    .describe("Grafana's own root_url, which its tokens carry; the same as GRAFANA_URL if not set"),
  GRAFANA_PLUGIN_SECRET: rotatingSecret(32)
    .optional()
    .describe("Secret that the route of Grafana's plugin sends as X-Rollcall-Grafana-Secret"),
  GRAFANA_ORGS: orgs.describe("Numbers of Grafana's organisations whose people are let in, with commas between"),
};

const schema = z.object(grafanaSettings);
type Settings = z.output<typeof schema>;

/** What people of a Grafana are known by. */
export interface GrafanaSource {
  readonly keysUrl: string;
  readonly rootUrl: string;
  readonly orgs: readonly number[];
  readonly secret: RotatingSecret;
}

/** @returns null without Grafana, or what is wrong: half of the settings would leave the door half open */
export function grafanaSourceOf(settings: Settings): { source: GrafanaSource | null } | { problem: string } {
  const { GRAFANA_URL: url, GRAFANA_PLUGIN_SECRET: secret, GRAFANA_ROOT_URL: rootUrl, GRAFANA_ORGS: orgs } = settings;
  if (url === undefined && secret === undefined) return { source: null };
  if (url === undefined || secret === undefined)
    return { problem: "GRAFANA_URL and GRAFANA_PLUGIN_SECRET: one is set, the other is not; set both, or none" };
  const keysUrl = `${url.replace(/\/+$/, "")}/api/signing-keys/keys`;
  return { source: { keysUrl, rootUrl: rootUrl ?? url, orgs, secret } };
}
