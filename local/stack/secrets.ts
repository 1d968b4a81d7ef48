import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { StartFailure } from "./addresses.ts";

const token = z.string().regex(/^rc_[\w-]{43}$/);
const secretsSchema = z.strictObject({
  fleetKey: z.string().min(32),
  redisPassword: z.string().min(32),
  postgresPassword: z.string().min(32),
  slackSigningSecret: z.string().min(32),
  slackBotToken: z.string().startsWith("xoxb-"),
  alertmanagerToken: z.string().min(32),
  pagerdutyRoutingKey: z.string().length(32),
  apiTokens: z.strictObject({ operator: token, second: token, viewer: token }),
});
/** What the parts of one stack know each other by. */
export type Secrets = z.infer<typeof secretsSchema>;

/**
 * The secrets of a stack, made once and kept in a file that only its owner can read.
 * @throws StartFailure if the file is damaged
 */
export function readOrMakeSecrets(file: string): Secrets {
  if (!existsSync(file)) write(file, makeSecrets());
  chmodSync(file, 0o600);
  try {
    return parseSecrets(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new StartFailure(
      `${file} is damaged. Restore it, or start with another ROLLCALL_DATA_DIR: PostgreSQL's password is in it.`,
      { cause },
    );
  }
}

/** @throws Error if the text is not a file of secrets; it may quote them */
export const parseSecrets = (text: string): Secrets => secretsSchema.parse(JSON.parse(text));

const random = (bytes: number): string => randomBytes(bytes).toString("base64url");

function makeSecrets(): Secrets {
  const apiToken = () => `rc_${random(32)}`;
  return {
    fleetKey: random(32),
    redisPassword: random(32),
    postgresPassword: random(32),
    slackSigningSecret: randomBytes(16).toString("hex"),
    slackBotToken: `xoxb-${random(24)}`,
    alertmanagerToken: random(32),
    pagerdutyRoutingKey: randomBytes(16).toString("hex"),
    apiTokens: { operator: apiToken(), second: apiToken(), viewer: apiToken() },
  };
}

// Whole or not at all: half a file would lock its owner out of the database.
function write(file: string, secrets: Secrets): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}
