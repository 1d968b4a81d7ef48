import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createPagerDutyClient } from "@rollcall/local/pagerduty/client.ts";
import { createSlackClient } from "@rollcall/local/slack/client.ts";
import { Redis } from "ioredis";
import { inject } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** Who acts in the tests; the ids are those of the stand-in's workspace. */
export const OPERATOR = "U0OPERATOR";
export const ALERTS = "C0ALERTS";
export const OPS = "C0OPS";

interface LedgerLine {
  readonly id: string;
  readonly kind: string;
}

/** The shared stack as its users see it: over HTTP, Slack, PagerDuty, the terminal and its files. */
export function stackUnderTest() {
  const { dataDir, portOffset } = inject("stack");
  const address = (port: number): string => `http://127.0.0.1:${port + portOffset}`;
  const secrets = JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8")) as {
    redisPassword: string;
    postgresPassword: string;
    apiTokens: { operator: string; second: string; viewer: string };
  };
  const environment = { ...process.env, ROLLCALL_DATA_DIR: dataDir, ROLLCALL_PORT_OFFSET: String(portOffset) };

  async function api(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: never }> {
    const response = await fetch(`${address(8080)}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${secrets.apiTokens.operator}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: response.status, body: (await response.json().catch(() => null)) as never };
  }

  return {
    dataDir,
    api,
    slack: createSlackClient(address(8090)),
    pagerDuty: createPagerDutyClient(address(8092)),
    address,
    /** PostgreSQL as its owner. */
    databaseUrl: `postgres://rollcall:${secrets.postgresPassword}@127.0.0.1:${5433 + portOffset}/rollcall`,
    /** The Grafana that shows the app: the stand-in, or the one that is named. */
    grafana: process.env.GRAFANA_E2E_URL?.replace(/\/$/, "") ?? address(3000),

    /** Runs a command over HTTP with a key of its own. */
    command: (name: string, input: unknown, key: string = randomUUID()) =>
      api(`/api/v1/commands/${name}`, { input }, { "idempotency-key": key }),

    /** Value of a PromQL query's series, by one label. */
    async promql(query: string): Promise<{ metric: Record<string, string>; value: number }[]> {
      const response = await fetch(`${address(9090)}/api/v1/query?${new URLSearchParams({ query })}`);
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },

    /** What the agent did, by its own fsynced ledger. */
    ledger(agent: string): LedgerLine[] {
      const text = readFileSync(join(dataDir, "agents", agent, "applied.jsonl"), "utf8");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as LedgerLine);
    },

    /** Pid of one of the stack's own processes, by the launcher's record. */
    pidOf(name: string): number {
      const state = JSON.parse(readFileSync(join(dataDir, "run/state.json"), "utf8")) as {
        processes: { name: string; pid: number | null }[];
      };
      const pid = state.processes.find((row) => row.name === name)?.pid;
      if (pid === undefined || pid === null)
        throw new Error(`no process ${name} in ${state.processes.map((row) => row.name).join(", ")}`);
      return pid;
    },

    /** Redis with all rights, to break what nobody else may. */
    redisAdmin(): Redis {
      const admin = new Redis(`redis://default:${secrets.redisPassword}@127.0.0.1:${6380 + portOffset}`);
      admin.on("error", () => undefined);
      return admin;
    },

    /** Runs one of the repository's commands against the stack. */
    async terminal(...words: string[]): Promise<{ code: number; output: string }> {
      try {
        const { stdout, stderr } = await run(process.execPath, [join(root, "local/launch.mjs"), ...words], {
          cwd: root,
          env: environment,
        });
        return { code: 0, output: stdout + stderr };
      } catch (error) {
        const failed = error as { code: number; stdout: string; stderr: string };
        return { code: failed.code, output: failed.stdout + failed.stderr };
      }
    },
  };
}

/** Asks again until the answer is there. @throws Error with what was seen last */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = null;
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(
    `${what}: not within ${timeoutMs / 1000} s; last: ${String(last)}`,
    last instanceof Error ? { cause: last } : {},
  );
}
