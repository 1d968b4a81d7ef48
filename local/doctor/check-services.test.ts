import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { Redis } from "ioredis";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { setStage, TOKEN } from "../slack/test-app.ts";
import { portsAt } from "../stack/addresses.ts";
import { STACK_MARK } from "../stack/layout.ts";
import { checkAlertmanager, checkProcesses, checkPrometheus } from "./check-services.ts";
import { checkAppToken, checkSlack } from "./check-slack.ts";
import { checkPostgres, checkRedis } from "./check-stores.ts";
import { answering, createPlace, expectOne, OFFSET, toMend } from "./doctor-fixture.ts";

const place = createPlace();
const { situation } = place;
beforeEach(() => place.renew());
afterEach(() => void vi.restoreAllMocks());

describe("npm run doctor, on Redis and PostgreSQL", () => {
  const isRunning = true;

  test("Redis that may throw commands away, or keeps nothing, is named", async () => {
    const redisUrl = inject("redisUrl");
    const redis = new Redis(redisUrl);
    expect(toMend(await checkRedis(situation({ redisUrl, isRunning })))).toEqual([]);
    vi.spyOn(Redis.prototype, "config").mockResolvedValueOnce(["maxmemory-policy", "allkeys-lru", "appendonly", "yes"]);
    expectOne(await checkRedis(situation({ redisUrl, isRunning })), /policy is allkeys-lru/, /noeviction/);
    vi.spyOn(Redis.prototype, "config").mockResolvedValueOnce(["maxmemory-policy", "noeviction", "appendonly", "no"]);
    expectOne(await checkRedis(situation({ redisUrl, isRunning })), /appendonly is off/, /survive a restart/);
    redis.disconnect();
  });

  test("servers that are too old, a failing append-only file and clocks that are off are named", async () => {
    const about = { redisUrl: inject("redisUrl"), databaseUrl: "", isRunning };
    // The client itself asks too, whether Redis is loading.
    const says = (text: string) => {
      const info = async (told?: unknown) => (typeof told === "function" ? told(null, text) : text);
      vi.spyOn(Redis.prototype, "info").mockImplementation(info as never);
    };
    const old = "redis_version:6.2.14\r\naof_last_write_status:ok\r\n";
    says(old);
    expectOne(await checkRedis(situation(about)), /is 6\.2\.14/, /Redis 7\.0 or newer/);
    const full = "redis_version:7.0.15\r\naof_last_write_status:err\r\n";
    says(full);
    expectOne(await checkRedis(situation(about)), /append-only file failed/, /room on its disk/);
    vi.restoreAllMocks();
    vi.spyOn(Redis.prototype, "time").mockResolvedValueOnce([Math.floor(Date.now() / 1000) - 60, 0]);
    expectOne(await checkRedis(situation(about)), /^[56]\d\.\d s behind this machine$/, /NTP/);

    const database = await createTestDatabase();
    await migrate({ url: database.url });
    const answer = (version: string, at: number) => ({ rows: [{ version, at: new Date(at) }] });
    const query = vi.spyOn(pg.Client.prototype, "query");
    query.mockImplementationOnce(async () => answer("14.11 (Debian 14.11-1)", Date.now()));
    expectOne(await checkPostgres(situation({ ...about, databaseUrl: database.url })), /is 14\.11/, /15 or newer/);
    query.mockImplementationOnce(async () => answer("15.6", Date.now() + 60_000));
    expectOne(await checkPostgres(situation({ ...about, databaseUrl: database.url })), /s ahead of this/, /NTP/);
    vi.restoreAllMocks();
    await database.drop();
  });

  test("a store that is away, or a password that is wrong, is named without the password", async () => {
    const redisUrl = "redis://default:the-secret@127.0.0.1:9";
    expectOne(await checkRedis(situation({ redisUrl, isRunning })), /does not answer: .*ECONNREFUSED/, /log/);
    const wrong = inject("redisUrl").replace(/:[^:@]+@/, ":the-secret@");
    expectOne(await checkRedis(situation({ redisUrl: wrong, isRunning })), /WRONGPASS/, /log/);
    const databaseUrl = "postgres://rollcall:the-secret@127.0.0.1:9/rollcall";
    const findings = await checkPostgres(situation({ databaseUrl, isRunning }));
    expectOne(findings, /does not answer: ECONNREFUSED/, /log/);
    expect(JSON.stringify(findings)).not.toContain("the-secret");
  });

  test("migrations that are missing or were changed are named", async () => {
    const database = await createTestDatabase();
    const about = situation({ databaseUrl: database.url, isRunning });
    expectOne(await checkPostgres(about), /0001-audit-log\.sql.* not applied/, /a start migrates/);
    await migrate({ url: database.url });
    expect(toMend(await checkPostgres(about))).toEqual([]);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("update migrations set checksum = 'other' where number = 2");
    await client.end();
    expectOne(await checkPostgres(about), /0002-operations\.sql differ/, /git/);
    await database.drop();
  });
});

describe("npm run doctor, on Slack", () => {
  test("token, workspace, membership and a Slack that is away are named", async () => {
    const stage = await setStage();
    const { slack } = situation();
    const place = { ...slack, apiUrl: `${stage.slack.url}/api/`, token: TOKEN };
    const look = (changes: Partial<typeof place> = {}) =>
      checkSlack(situation({ slack: { ...place, ...changes }, isRunning: true }));
    expect(toMend(await look())).toEqual([]);
    expectOne(await look({ token: "xoxb-other" }), /refuses it: invalid_auth/, /OAuth & Permissions/);
    expectOne(await look({ team: "T0OTHER" }), /SLACK_TEAM_ID is T0OTHER/, /SLACK_TEAM_ID=T0LOCAL/);
    expectOne(
      await look({ channels: [{ setting: "ROLLCALL_SLACK_OPS_CHANNEL", id: "C0NONE" }] }),
      /channel_not_found/,
      /Set ROLLCALL_SLACK_OPS_CHANNEL/,
    );
    await stage.client.setMembership({ channel: "C0ALERTS", user: "U0FLEET", member: false });
    expectOne(await look(), /not a member of #fleet-alerts/, /\/invite/);
    await stage.close();
    expectOne(await look(), /does not answer/, /status/);
  });

  test("scopes that the token lacks and a clock that is off are named from the headers of the answer", async () => {
    const server = await answering((_path, response) => {
      response.setHeader("x-oauth-scopes", "chat:write,commands,users:read");
      response.setHeader("date", new Date(Date.now() - 600_000).toUTCString());
      response.end('{"ok":true,"team_id":"T0LOCAL","user_id":"U0FLEET","user":"fleet","team":"Local"}');
    });
    const slack = { ...situation().slack, apiUrl: `${server.url}/`, token: "xoxb-x", channels: [] };
    const wrong = toMend(await checkSlack(situation({ slack, isRunning: true })));
    expect(wrong.map(({ found }) => found)).toEqual([
      expect.stringMatching(/^app_mentions:read, channels:history, .*users:read\.email missing$/),
      expect.stringMatching(/^(59|60)\d\.\d s behind this machine$/),
    ]);
    server.close();
  });

  test("a directory that does not answer, and a channel that is archived, are named", async () => {
    const answers: Record<string, object> = {
      "/auth.test": { ok: true, team_id: "T0LOCAL", user_id: "U0FLEET" },
      "/users.info": { ok: true },
      "/conversations.info": { ok: true, channel: { name: "fleet-alerts", is_member: true } },
    };
    const server = await answering((path, response) => response.end(JSON.stringify(answers[path])));
    const slack = { ...situation().slack, apiUrl: `${server.url}/`, token: "xoxb-x" };
    const look = () =>
      checkSlack(situation({ slack: { ...slack, channels: slack.channels.slice(0, 1) }, isRunning: true }));
    expect(toMend(await look())).toEqual([]);
    answers["/users.info"] = { ok: false, error: "missing_scope" };
    expectOne(await look(), /users\.info: missing_scope/, /users:read/);
    answers["/users.info"] = { ok: true };
    answers["/conversations.info"] = {
      ok: true,
      channel: { name: "fleet-alerts", is_member: true, is_archived: true },
    };
    expectOne(await look(), /#fleet-alerts is archived/, /Unarchive it, or change ROLLCALL_SLACK_ALERTS_CHANNEL/);
    server.close();
  });

  test("another stack of this machine that has the same app token is named by its pid, and our own is not", async () => {
    const token = "xapp-of-two-stacks";
    const start = async (root: string) => {
      const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => 0, 1000)"], {
        env: { [STACK_MARK]: root, SLACK_APP_TOKEN: token },
      });
      await once(child.stdout, "data");
      return child;
    };
    const about = situation({}, `SLACK_APP_TOKEN=${token}`);
    const own = await start(about.layout.root);
    try {
      expect(toMend(checkAppToken(about))).toEqual([]);
      const other = await start("/somewhere/else");
      expectOne(checkAppToken(about), new RegExp(`same one \\(pid ${other.pid}\\)`), /for each stack/);
      other.kill();
      await once(other, "exit");
      expect(toMend(checkAppToken(about))).toEqual([]);
    } finally {
      own.kill();
    }
  });

  test("without Socket Mode the app token is skipped, with the reason", () => {
    const reason = expect.stringContaining("Socket Mode is not configured");
    expect(checkAppToken(situation())).toEqual([{ name: "app token", state: "skipped", found: reason }]);
    expect(checkAppToken(situation({}, "SLACK_APP_TOKEN=xapp-nobody-has-this"))).toMatchObject([{ state: "fine" }]);
  });
});

describe("npm run doctor, on services", () => {
  test("a target that Prometheus does not reach, and an Alertmanager that sends elsewhere, are named", async () => {
    const prometheus = await answering((path, response) => {
      const target = { scrapeUrl: "http://127.0.0.1:1/metrics", health: "down", lastError: "refused" };
      const data = path.includes("targets") ? { activeTargets: [target] } : { activeAlertmanagers: [{}] };
      response.end(JSON.stringify({ data }));
    });
    const alertmanager = await answering((_path, response) => response.end('{"config":{"original":"none"}}'));
    const ports = { ...portsAt(OFFSET), prometheus: prometheus.port, alertmanager: alertmanager.port };
    const about = situation({ ports, isRunning: true });
    expectOne(await checkPrometheus(about), /127\.0\.0\.1:1\/metrics: refused/, /Start/);
    expectOne(await checkAlertmanager(about), /sends elsewhere/, /anew/);
    prometheus.close();
    alertmanager.close();
    expectOne(await checkPrometheus(about), /does not answer/, /log/);
    expectOne(await checkAlertmanager(about), /does not answer/, /log/);
  });

  test("a configuration for other ports, with a hole, or broken is named", async () => {
    mkdirSync(join(place.folder, "config"));
    const file = join(place.folder, "config/prometheus.yml");
    writeFileSync(file, "scrape_configs: []\n");
    expectOne(await checkPrometheus(situation()), /does not name 127\.0\.0\.1/, /anew/);
    writeFileSync(file, 'target: "$'.concat('{EXPORTER_TARGET}"\n'));
    expectOne(await checkPrometheus(situation()), /EXPORTER_TARGET\} was not filled in/, /anew/);
    writeFileSync(file, "a: [\n");
    expectOne(await checkPrometheus(situation()), /no YAML/, /anew/);
  });

  test("a process that does not run, and a control service and exporter that do not answer or are not ready, are named", async () => {
    const row = {
      name: "Redis",
      state: "ended" as const,
      pid: 1,
      port: 1,
      startedAt: 0,
      restarts: 5,
      ending: "SIGKILL",
    };
    const state = {
      launcher: { pid: 1, startTicks: "" },
      phase: "ready" as const,
      startedAt: 0,
      fleet: "demo",
      processes: [row],
      stopped: null,
    };
    const control = await answering((_path, response) => response.writeHead(503).end("Redis does not answer"));
    const exporter = await answering((_path, response) => response.end("# nothing"));
    const ports = { ...portsAt(OFFSET), control: control.port, exporter: exporter.port };
    const found = toMend(await checkProcesses(situation({ state, ports, isRunning: true }))).map(
      (finding) => finding.found,
    );
    expect(found).toEqual([
      "Redis not running",
      "Redis was started again and again",
      "not ready: Redis does not answer",
      "shows no agent",
    ]);
    control.close();
    exporter.close();
  });
});
