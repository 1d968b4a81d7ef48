import { z } from "zod";

const Config = z.object({
  PAGERDUTY_STANDIN_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(8092)
    .describe("Port of the page and the Events API"),
  PAGERDUTY_ROUTING_KEY: z.string().length(32).describe("The only integration key that the Events API takes"),
  PAGERDUTY_STANDIN_DATA: z.string().min(1).optional().describe("JSON file that keeps incidents between runs"),
  ROLLCALL_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Lowest level that is logged"),
});

/** Settings of the PagerDuty stand-in. @throws Error that names every problem */
export function readConfig(environment: NodeJS.ProcessEnv): z.output<typeof Config> {
  const parsed = Config.safeParse(environment);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
}
