import { readSettings, secretText } from "@rollcall/core/secrets/read-settings.ts";
import { z } from "zod";

const Config = z.object({
  SLACK_STANDIN_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(8090)
    .describe("Port of the page and the Web API"),
  SLACK_SIGNING_SECRET: secretText(16).describe("Secret that signs requests to the app"),
  SLACK_BOT_TOKEN: secretText(6, [/^xoxb-/, "a bot token, xoxb-…"]).describe("The only token that the Web API takes"),
  SLACK_APP_TOKEN: secretText(6, [/^xapp-/, "an app-level token, xapp-…"])
    .optional()
    .describe("The token with which the app opens sockets; without it nobody may"),
  SLACK_REQUEST_URL: z
    .url()
    .default("http://127.0.0.1:8080/slack/events")
    .describe("Where the app takes commands, interactions and events"),
  SLACK_STANDIN_DATA: z.string().min(1).optional().describe("JSON file that keeps messages between runs"),
  ROLLCALL_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Lowest level that is logged"),
});

/** Settings of the Slack stand-in. @throws Error that names every problem */
export function readConfig(environment: NodeJS.ProcessEnv): Readonly<z.output<typeof Config>> {
  const read = readSettings(Config, environment);
  if ("settings" in read) return read.settings;
  throw new Error(read.problems.join("\n"));
}
