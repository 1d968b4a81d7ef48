import { readSettings, secretText } from "@rollcall/core/secrets/read-settings.ts";
import { z } from "zod";

const Config = z.object({
  GRAFANA_STANDIN_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(3000)
    .describe("Port of the page, the signing keys and the plugin's proxy"),
  GRAFANA_STANDIN_UPSTREAM: z.url({ protocol: /^http$/ }).describe("Control service that the plugin's routes lead to"),
  GRAFANA_STANDIN_PROMETHEUS: z
    .url({ protocol: /^http$/ })
    .optional()
    .describe("Prometheus that the boards ask"),
  GRAFANA_PLUGIN_SECRET: secretText(32).describe("What the plugin's routes send to it"),
  ROLLCALL_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Lowest level that is logged"),
});

/** Settings of the Grafana stand-in. @throws Error that names every problem */
export function readConfig(environment: NodeJS.ProcessEnv): Readonly<z.output<typeof Config>> {
  const read = readSettings(Config, environment);
  if ("settings" in read) return read.settings;
  throw new Error(read.problems.join("\n"));
}
