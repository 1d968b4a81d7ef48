import { inspect } from "node:util";
import { Secret } from "@rollcall/core/secrets/secret.ts";
import { describe, expect, test } from "vitest";
import { controlConfig, readConfig } from "./config.ts";
import { createLog, problemLog } from "./log.ts";

const good = {
  ROLLCALL_PUBLIC_URL: "http://127.0.0.1:8080",
  DATABASE_URL: "postgres://rollcall:hunter2@127.0.0.1:5433/rollcall",
  REDIS_URL: "redis://control:hunter2@127.0.0.1:6380",
  ROLLCALL_FLEET_KEY: "a fleet key of at least 32 characters",
  ROLLCALL_SUPERVISOR_SOCKET: "/tmp/supervisor.sock",
  SLACK_BOT_TOKEN: "xoxb-hunter2",
  SLACK_SIGNING_SECRET: "hunter2-hunter2-hunter2",
  SLACK_BOT_ID: "B0FLEET",
  SLACK_BOT_USER_ID: "U0FLEET",
  SLACK_TEAM_ID: "T0LOCAL",
  ROLLCALL_SLACK_ALERTS_CHANNEL: "C0ALERTS",
  ROLLCALL_SLACK_OPS_CHANNEL: "C0OPS",
  ALERTMANAGER_WEBHOOK_TOKEN: "hunter2-hunter2-hunter2",
  PAGERDUTY_ROUTING_KEY: "0123456789abcdef0123456789abcdef",
};
const problemsOf = (environment: Record<string, string | undefined>): readonly string[] => {
  const read = readConfig(environment);
  return "problems" in read ? read.problems : [];
};

describe("the configuration of the control service", () => {
  test("needs no more than addresses, secrets and ids", () => {
    const read = readConfig(good);
    expect(read).toMatchObject({
      config: { ROLLCALL_HTTP_HOST: "127.0.0.1", ROLLCALL_HTTP_PORT: 8080, ROLLCALL_LEASE_SECONDS: 6 },
    });
  });

  test("says everything that is missing at once, each with what it is for", () => {
    const problems = problemsOf({});
    expect(problems).toHaveLength(Object.keys(good).length);
    expect(problems).toContain("ROLLCALL_SUPERVISOR_SOCKET is not set. Unix socket of the built-in supervisor");
  });

  test("takes an empty variable as not set", () => {
    expect(problemsOf({ ...good, DATABASE_URL: "" })).toMatchObject([
      expect.stringContaining("DATABASE_URL is not set"),
    ]);
  });

  test.each([
    ["ROLLCALL_HTTP_PORT", "eighty"],
    ["ROLLCALL_HTTP_PORT", "65536"],
    ["ROLLCALL_PUBLIC_URL", "127.0.0.1:8080"],
    ["ROLLCALL_PUBLIC_URL", "javascript:alert(1)"],
    ["DATABASE_URL", "mysql://x"],
    ["REDIS_URL", "http://x"],
    ["ROLLCALL_FLEET_KEY", "too short"],
    ["SLACK_SIGNING_SECRET", "short"],
    ["SLACK_BOT_TOKEN", "xoxp-1"],
    ["SLACK_API_URL", "https://slack.com/api"],
    ["SLACK_TEAM_ID", "C0OPS"],
    ["ALERTMANAGER_WEBHOOK_TOKEN", "short"],
    ["PAGERDUTY_ROUTING_KEY", "short"],
    ["ROLLCALL_LEASE_SECONDS", "0"],
    ["ROLLCALL_DEAD_LETTER_DAYS", "0"],
    ["ROLLCALL_LOG_LEVEL", "loud"],
    ["ROLLCALL_CORS_ORIGINS", "*"],
    ["ROLLCALL_CORS_ORIGINS", "https://ok.example.test,https://host.example.test/path"],
    ["ROLLCALL_DIAGNOSTICS_SCHEDULE", "nightly"],
    ["ROLLCALL_DIAGNOSTICS_SCHEDULE", "61 2 * * *"],
    ["ROLLCALL_DIAGNOSTICS_SCHEDULE", "* * * * * *"],
    ["ROLLCALL_DIAGNOSTICS_TIME_ZONE", "Europe/Atlantis"],
  ])("refuses %s=%s and does not repeat the value", (name, value) => {
    const problems = problemsOf({ ...good, [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name} is not allowed: `));
    expect(problems[0]).not.toContain(value.length > 5 ? value : "\u0000");
  });

  test.each(["off", "0 */6 * * 1-5"])("takes the schedule %s", (text) => {
    expect(problemsOf({ ...good, ROLLCALL_DIAGNOSTICS_SCHEDULE: text })).toEqual([]);
  });

  test("describes every field", () => {
    for (const [name, field] of Object.entries(controlConfig.shape))
      expect([name, (field.description ?? "").length > 10]).toEqual([name, true]);
  });

  test("prints no secret, whatever prints it", () => {
    const read = readConfig(good);
    const printed = [
      inspect(read, { depth: 9 }),
      JSON.stringify(read),
      `${"config" in read && read.config.SLACK_BOT_TOKEN}`,
    ];
    const lines: string[] = [];
    createLog("info", { write: (line: string) => void lines.push(line) }).info({ read }, "read");
    for (const text of [...printed, ...lines]) {
      expect(text).toContain("[secret]");
      expect(text).not.toContain("hunter2");
    }
  });

  test("cannot be changed", () => {
    const read = readConfig(good);
    expect("config" in read && Object.isFrozen(read.config)).toBe(true);
  });
});

describe("Secret", () => {
  test("matches its own value only, whatever the length", () => {
    const secret = new Secret("hunter2");
    expect(secret.matches("hunter2")).toBe(true);
    for (const other of ["", "hunter", "hunter22", "HUNTER2"]) expect(secret.matches(other)).toBe(false);
    expect(secret.reveal()).toBe("hunter2");
  });
});

describe("the log", () => {
  const write = (fields: object): string => {
    const lines: string[] = [];
    createLog("info", { write: (line: string) => void lines.push(line) }).info(fields, "said");
    return lines.join("");
  };

  test.each([
    { headers: { authorization: "Bearer hunter2", cookie: "hunter2" } },
    { req: { headers: { authorization: "Bearer hunter2" } } },
    { token: "hunter2", password: "hunter2" },
    { err: new Error("redis://control:hunter2@host refused") },
    { err: new Error("outer", { cause: new Error("xoxb-hunter2-hunter2 is not valid") }) },
    { err: Object.assign(new Error("refused"), { connectionString: "postgres://a:hunter2@b" }) },
    { err: "postgres://a:hunter2@b" },
  ])("keeps the secret of %j to itself", (fields) => {
    expect(write(fields)).not.toContain("hunter2");
  });

  test("is one line of JSON whatever somebody typed", () => {
    const written = write({ reason: 'a\n{"level":"info","msg":"forged"}\u001b[31m' });
    expect(written.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(written)).toMatchObject({ level: "info", msg: "said", service: "rollcall-control" });
    expect(written).not.toContain("\u001b");
  });

  test("tells the code and the causes of an error, at most five deep", () => {
    let error: Error = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    for (let depth = 0; depth < 9; depth += 1) error = new Error(`level ${depth}`, { cause: error });
    expect(JSON.parse(write({ err: error })).err).toMatchObject({ message: "level 8", cause: { message: "level 7" } });
    expect(write({ err: error })).not.toContain('"message":"level 2"');
    expect(JSON.parse(write({ err: error.cause })).err.type).toBe("Error");
    const coded = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    expect(JSON.parse(write({ err: coded })).err.code).toBe("ECONNREFUSED");
  });

  test("tells a problem that comes again and again once a minute, and others beside it", () => {
    const lines: string[] = [];
    const tell = problemLog(createLog("info", { write: (line: string) => void lines.push(line) }));
    for (let index = 0; index < 50; index += 1) tell("Redis is away", new Error("refused"));
    tell("PostgreSQL is away");
    expect(lines.map((line) => JSON.parse(line).problem)).toEqual(["Redis is away", "PostgreSQL is away"]);
    for (let index = 0; index < 500; index += 1) tell(`problem ${index}`);
    expect(lines).toHaveLength(502);
  });
});
