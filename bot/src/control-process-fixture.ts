import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareForControl } from "@rollcall/test/control-database.ts";
import { NO_BRAKES, NO_LIMITS } from "@rollcall/test/no-limits.ts";

/** Token of a person who is operator in the fixture. */
const TOKEN = `rc_${"t".repeat(43)}`;
export const WEBHOOK_TOKEN = "the-token-of-the-webhook";
export const authorization = { authorization: `Bearer ${TOKEN}` };
/** What no output may hold. */
export const SECRETS = [TOKEN, WEBHOOK_TOKEN, "xoxb-nobody-at-all", "a fleet key of at least 32 characters"];
/** Of one test file alone: a heartbeat that another leaves in the Redis they share would prove that its agent works. */
export const FLEET_NAME = `control-${randomBytes(4).toString("hex")}`;
export const FLEET = `fleet: ${FLEET_NAME}
agents:
  - { id: billing, group: payments, does: takes payments, criticality: P0, consequence: payments stop, normalSeconds: 1 }
`;
const ACCESS = `people:
  - id: operator
    name: Operator
    role: operator
    tokens:
      - { id: local, sha256: ${createHash("sha256").update(TOKEN).digest("hex")}, expires: "2099-01-01T00:00:00Z", scopes: ["*"] }
`;

interface Servers {
  /** As the owner: it is migrated, and the control service is given a login of its own. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Of the test itself: where programs are, where coverage goes. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

/** A folder with the files of a control service, a supervisor that knows nobody, and the processes that were started. */
export async function createControlSetting(servers: Servers) {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-control-"));
  await writeFile(join(folder, "fleet.yaml"), FLEET);
  await writeFile(join(folder, "access.yaml"), ACCESS);
  const supervisor = createServer((_request, response) => response.end('{"agents":[]}'));
  await new Promise<void>((resolve) => supervisor.listen(join(folder, "supervisor.sock"), resolve));
  const running = new Set<ChildProcess>();
  const databaseUrl = await prepareForControl(servers.databaseUrl);
  const environment = environmentOf(folder, { ...servers, databaseUrl });
  return {
    folder,
    start: (change: Readonly<Record<string, string>> = {}) => startControl({ ...environment, ...change }, running),
    /** Ends what still runs. */
    async endAll() {
      await Promise.all([...running].map(kill));
      running.clear();
    },
    async remove() {
      supervisor.close();
      await rm(folder, { recursive: true });
    },
  };
}

const environmentOf = (folder: string, { databaseUrl, redisUrl, inherited }: Servers) => ({
  PATH: inherited.PATH,
  NODE_V8_COVERAGE: inherited.NODE_V8_COVERAGE,
  NODE_COMPILE_CACHE: inherited.NODE_COMPILE_CACHE,
  ROLLCALL_HTTP_PORT: "0",
  ROLLCALL_PUBLIC_URL: "http://127.0.0.1:8080",
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
  ROLLCALL_FLEET_FILE: join(folder, "fleet.yaml"),
  ROLLCALL_ACCESS_FILE: join(folder, "access.yaml"),
  ROLLCALL_FLEET_KEY: "a fleet key of at least 32 characters",
  ROLLCALL_SUPERVISOR_SOCKET: join(folder, "supervisor.sock"),
  SLACK_BOT_TOKEN: "xoxb-nobody-at-all",
  SLACK_SIGNING_SECRET: "a-signing-secret-for-tests",
  SLACK_API_URL: "http://127.0.0.1:9/api/",
  SLACK_BOT_ID: "B0FLEET",
  SLACK_BOT_USER_ID: "U0FLEET",
  SLACK_TEAM_ID: "T0LOCAL",
  ROLLCALL_SLACK_ALERTS_CHANNEL: "C0ALERTS",
  ROLLCALL_SLACK_OPS_CHANNEL: "C0OPS",
  ALERTMANAGER_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
  PAGERDUTY_ROUTING_KEY: "0123456789abcdef0123456789abcdef",
  PAGERDUTY_EVENTS_URL: "http://127.0.0.1:9/v2/enqueue",
  // All tests come from one address as one person, some of them with wrong credentials, and share one Redis.
  ROLLCALL_LIMITS: NO_LIMITS,
  ROLLCALL_BRAKES: NO_BRAKES,
  ROLLCALL_LEASE_SECONDS: "1",
  // A test that runs at night is the same test.
  ROLLCALL_DIAGNOSTICS_SCHEDULE: "off",
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
}

/** A real process that listens, or has ended. */
export type StartedControl = Awaited<ReturnType<typeof startControl>>;

async function startControl(environment: Readonly<Record<string, string | undefined>>, running: Set<ChildProcess>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const output = { text: "" };
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const listening = new Promise<string>((resolve) => {
    const read = (part: Buffer): void => {
      output.text += part.toString();
      const address = /"address":"([^"]+)"/.exec(output.text)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
  });
  const address = await Promise.race([listening, exited.then(() => "")]);
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${address}${path}`, { ...init, signal: AbortSignal.timeout(20_000) });
  return { child, output, exited, address, ask };
}

/** Asks again until the answer has the status. */
export async function untilStatus(started: StartedControl, path: string, status: number): Promise<Response> {
  const deadline = Date.now() + 30_000;
  let found: Response | null = null;
  while (Date.now() < deadline) {
    found = await started.ask(path);
    if (found.status === status) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} stays ${found?.status}: ${await found?.text()}\n${started.output.text.slice(-3000)}`);
}

/** Alertmanager's delivery of one firing alert. */
export const DELIVERY = {
  version: "4",
  groupKey: '{}:{alertname="AgentGone"}',
  status: "firing",
  alerts: [
    {
      status: "firing",
      labels: { alertname: "AgentGone", fleet: FLEET_NAME, agent: "billing", group: "payments", criticality: "P0" },
      annotations: { summary: "billing is gone" },
      startsAt: "2026-11-20T17:55:29.772Z",
      endsAt: "0001-01-01T00:00:00Z",
      fingerprint: "27179e6b27eb23ff",
    },
  ],
};

export const postOf = (body: unknown, headers: Readonly<Record<string, string>> = authorization): RequestInit => ({
  method: "POST",
  headers: { ...headers, "content-type": "application/json" },
  body: JSON.stringify(body),
});
