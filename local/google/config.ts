import { readSettings, secretText } from "@rollcall/core/secrets/read-settings.ts";
import { z } from "zod";

const Config = z.object({
  GOOGLE_STANDIN_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(8091)
    .describe("Port of the page, the Directory API and sign-in"),
  GOOGLE_STANDIN_SERVICE_ACCOUNT: z.email().describe("Address of the only service account there is"),
  GOOGLE_STANDIN_PUBLIC_KEY: z.string().includes("BEGIN PUBLIC KEY").describe("Its public key, as PEM"),
  GOOGLE_CLIENT_ID: z.string().min(8).describe("The only application that people sign in to"),
  GOOGLE_CLIENT_SECRET: secretText(16).describe("Its secret"),
  GOOGLE_STANDIN_REDIRECT_URIS: z
    .string()
    .transform((text) => text.split(",").map((uri) => uri.trim()))
    .pipe(z.array(z.url()).min(1))
    .describe("Where it may send people back to, with commas between"),
  GOOGLE_STANDIN_DATA: z.string().min(1).optional().describe("JSON file that keeps people and groups between runs"),
  ROLLCALL_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Lowest level that is logged"),
});

/** Settings of the Google stand-in. @throws Error that names every problem */
export function readConfig(environment: NodeJS.ProcessEnv): Readonly<z.output<typeof Config>> {
  const read = readSettings(Config, environment);
  if ("settings" in read) return read.settings;
  throw new Error(read.problems.join("\n"));
}
