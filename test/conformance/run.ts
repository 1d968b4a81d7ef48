import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { portsAt } from "@rollcall/local/stack/addresses.ts";
import { readOrMakeSecrets } from "@rollcall/local/stack/secrets.ts";
import { readSettings } from "@rollcall/local/stack/settings.ts";
import { Redis } from "ioredis";
import { checkAgent } from "./check-agent.ts";
import type { Finding } from "./rule.ts";

const ROOT = join(import.meta.dirname, "../..");
const SIGNS = { passed: "✓", failed: "✗", "not provable": "–" } as const;

/** `npm run conformance`. @returns 0, 1 if a rule is broken, 2 if it could not be checked */
export async function runConformance(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  try {
    const options = { agent: { type: "string" }, fleet: { type: "string" }, publish: { type: "boolean" } } as const;
    const {
      agent,
      publish,
      fleet = environment.ROLLCALL_FLEET || "demo",
    } = parseArgs({ args: [...args], options }).values;
    for (const [name, value] of Object.entries({ agent, fleet })) {
      if (!agentId.safeParse(value).success)
        return complain(`--${name} must be a name of a-z, 0-9 and -; found: ${value}`);
    }
    const findings = await withRedis(environment, ({ redis, fleetKey }) =>
      checkAgent({ redis, fleetKey, fleet, agent: agent as string }, publish),
    );
    for (const line of report(findings)) console.log(line);
    return findings.some(({ outcome }) => outcome === "failed") ? 1 : 0;
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
}

function complain(sentence: string): number {
  console.error(`✗ ${sentence}. --help tells more.`);
  return 2;
}

/** A line for each rule, and the result. */
function report(findings: readonly Finding[]): string[] {
  const count = (outcome: Finding["outcome"]) => findings.filter((finding) => finding.outcome === outcome).length;
  const rows = findings.map(({ rule, outcome, words }) => {
    const said = outcome === "not provable" ? `not provable: ${words}` : words;
    return `${SIGNS[outcome]} ${rule.padEnd(15)} ${said}`.trimEnd();
  });
  return [...rows, `conformance: ${count("passed")} passed, ${count("failed")} failed`];
}

interface Access {
  readonly url: string;
  readonly fleetKey: string;
}

function accessOf(environment: NodeJS.ProcessEnv): Access {
  const settings = readSettings(join(ROOT, ".env"), environment);
  const { REDIS_URL: url, ROLLCALL_FLEET_KEY: fleetKey } = settings;
  if (url && fleetKey) return { url: asControl(url, fleetKey), fleetKey };
  const file = join(settings.ROLLCALL_DATA_DIR || join(ROOT, ".rollcall"), "secrets.json");
  if (!existsSync(file))
    throw new Error(`There is no ${file}: start the stack, or set REDIS_URL and ROLLCALL_FLEET_KEY`);
  const secrets = readOrMakeSecrets(file);
  const port = portsAt(settings.ROLLCALL_PORT_OFFSET).redis;
  return { url: asControl(`redis://127.0.0.1:${port}`, secrets.fleetKey), fleetKey: secrets.fleetKey };
}

/** With the control service's user, unless the URL names one. */
function asControl(url: string, fleetKey: string): string {
  const parsed = new URL(url);
  if (parsed.password !== "") return url;
  parsed.username = "control";
  parsed.password = deriveRedisPassword(fleetKey, "control");
  return parsed.href;
}

async function withRedis<T>(
  environment: NodeJS.ProcessEnv,
  use: (access: { redis: Redis; fleetKey: string }) => Promise<T>,
): Promise<T> {
  const { url, fleetKey } = accessOf(environment);
  const redis = new Redis(url, {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    retryStrategy: null,
    commandTimeout: 5000,
    connectTimeout: 5000,
    connectionName: "rollcall-conformance",
  });
  redis.on("error", () => undefined); // Whoever waits for an answer is told.
  try {
    await redis.connect().catch((cause: unknown) => {
      throw new Error(`Redis at ${new URL(url).host} does not let us in (${(cause as Error).message})`, { cause });
    });
    return await use({ redis, fleetKey });
  } finally {
    redis.disconnect();
  }
}
