import { readSettings, secretText } from "@rollcall/core/secrets/read-settings.ts";
import { z } from "zod";

const Config = z.object({
  PAGERDUTY_STANDIN_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(8092)
    .describe("Port of the page and the Events API"),
  PAGERDUTY_ROUTING_KEY: secretText(32, [/^.{32}$/, "an integration key, 32 characters"]).describe(
    "The only integration key that the Events API takes",
  ),
  PAGERDUTY_API_TOKEN: secretText(16).optional().describe("The only key of the REST API; without it nobody may ask"),
  PAGERDUTY_STANDIN_DATA: z.string().min(1).optional().describe("JSON file that keeps incidents between runs"),
  ROLLCALL_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Lowest level that is logged"),
});

/** Settings of the PagerDuty stand-in. @throws Error that names every problem */
export function readConfig(environment: NodeJS.ProcessEnv): Readonly<z.output<typeof Config>> {
  const read = readSettings(Config, environment);
  if ("settings" in read) return read.settings;
  throw new Error(read.problems.join("\n"));
}
