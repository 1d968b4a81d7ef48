import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAccessFile } from "@rollcall/core/adapters/access-file.ts";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { writeAccessFile } from "./access-file.ts";
import { layOut, shownPath } from "./layout.ts";
import { readOrMakeSecrets } from "./secrets.ts";
import { directoryOf, readCredentials, readSettings, settingsForControl } from "./settings.ts";

const home = mkdtempSync(join(tmpdir(), "rollcall-files-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("readOrMakeSecrets", () => {
  const file = join(home, "secrets.json");

  test("are made once, all different, for their owner's eyes only", () => {
    const first = readOrMakeSecrets(file);
    expect(readOrMakeSecrets(file)).toEqual(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { apiTokens, ...others } = first;
    const all = [...Object.values(others), ...Object.values(apiTokens)];
    expect(new Set(all).size).toBe(all.length);
    expect(first.pagerdutyRoutingKey).toMatch(/^[0-9a-f]{32}$/);
    expect(first.fleetKey.length).toBeGreaterThanOrEqual(32);
  });

  test("a file that was opened to others is closed again", () => {
    chmodSync(file, 0o644);
    readOrMakeSecrets(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("a damaged file is refused, not replaced", () => {
    const damaged = join(home, "damaged.json");
    writeFileSync(damaged, '{"fleetKey": "abc"');
    expect(() => readOrMakeSecrets(damaged)).toThrow("is damaged");
    expect(readFileSync(damaged, "utf8")).toBe('{"fleetKey": "abc"');
  });
});

describe("writeAccessFile", () => {
  const secrets = readOrMakeSecrets(join(home, "access-secrets.json"));

  test("has four people that the control service understands, with their tokens' hashes only", async () => {
    const file = join(home, "access.yaml");
    writeAccessFile(file, secrets, new Date());
    expect(parse(readFileSync(file, "utf8")).people).toHaveLength(4);
    const directory = await openAccessFile({
      file,
      clock: { now: () => Date.now() } as never,
      onProblem: () => undefined,
    });
    expect(directory.byToken(secrets.apiTokens.operator)?.person).toMatchObject({ id: "operator", role: "operator" });
    expect(directory.byToken(secrets.apiTokens.second)?.person).toMatchObject({ id: "second", role: "admin" });
    expect(directory.byToken(secrets.apiTokens.viewer)?.person).toMatchObject({ id: "viewer", role: "viewer" });
    expect(directory.bySlack("T0LOCAL", "U0OPERATOR")?.id).toBe("operator");
    expect(directory.byId("guest")?.role).toBeNull();
    directory.close();
    for (const token of Object.values(secrets.apiTokens)) {
      expect(readFileSync(file, "utf8")).not.toContain(token);
      expect(readFileSync(file, "utf8")).toContain(createHash("sha256").update(token).digest("hex"));
    }
  });

  test("never writes over what somebody has changed", () => {
    const file = join(home, "mine.yaml");
    writeFileSync(file, "people: [] # mine");
    writeAccessFile(file, secrets, new Date());
    expect(readFileSync(file, "utf8")).toBe("people: [] # mine");
  });
});

describe("layOut", () => {
  test("keeps the data for its owner", () => {
    const { root } = layOut(join(home, "data"));
    expect(statSync(root).mode & 0o077).toBe(0);
    expect(readdirSync(root)).toContain("logs");
  });

  test("a path that is too long for a socket gets a short one", () => {
    const { supervisorSocket } = layOut(join(home, "a-long-name-".repeat(9)));
    expect(supervisorSocket.length).toBeLessThan(100);
    expect(supervisorSocket).toMatch(/rollcall-[0-9a-f]{16}\.sock$/);
  });

  test("a folder that cannot be made is said in words", () => {
    writeFileSync(join(home, "file"), "");
    expect(() => layOut(join(home, "file/data"))).toThrow("set ROLLCALL_DATA_DIR to another folder");
  });

  test("paths below the current folder are shown short", () => {
    expect(shownPath(join(process.cwd(), ".rollcall/logs"))).toBe("./.rollcall/logs");
    expect(shownPath("/elsewhere")).toBe("/elsewhere");
  });
});

describe("settings", () => {
  test("the environment stands above .env", () => {
    const file = join(home, ".env");
    writeFileSync(file, 'SLACK_BOT_TOKEN="xoxb-file"\nROLLCALL_LEASE_SECONDS=1\n');
    const settings = readSettings(file, { SLACK_BOT_TOKEN: "xoxb-environment", PATH: "/bin" });
    expect(settings).toMatchObject({ SLACK_BOT_TOKEN: "xoxb-environment", ROLLCALL_LEASE_SECONDS: "1" });
    expect(settingsForControl(settings)).toEqual({ SLACK_BOT_TOKEN: "xoxb-environment", ROLLCALL_LEASE_SECONDS: "1" });
  });

  test("without credentials there are stand-ins", () => {
    expect(readCredentials(readSettings(join(home, "no-such-file"), {}))).toEqual({
      slack: null,
      google: null,
      pagerdutyRoutingKey: null,
      grafana: null,
    });
  });

  test("full credentials replace the stand-ins", () => {
    const key = "a".repeat(32);
    const names = ["SLACK_BOT_ID", "SLACK_BOT_USER_ID", "SLACK_TEAM_ID"];
    const channels = ["ROLLCALL_SLACK_ALERTS_CHANNEL", "ROLLCALL_SLACK_OPS_CHANNEL"];
    const ids = Object.fromEntries([...names, ...channels].map((name) => [name, "X1"]));
    expect(
      readCredentials({ ...ids, SLACK_BOT_TOKEN: "xoxb-1", SLACK_SIGNING_SECRET: "s", PAGERDUTY_ROUTING_KEY: key }),
    ).toEqual({
      slack: { botToken: "xoxb-1", signingSecret: "s" },
      google: null,
      pagerdutyRoutingKey: key,
      grafana: null,
    });
  });

  test.each([
    [{ SLACK_BOT_TOKEN: "xoxb-1" }, "SLACK_BOT_TOKEN is set, but not SLACK_SIGNING_SECRET, SLACK_BOT_ID"],
    [{ SLACK_SIGNING_SECRET: "s" }, "SLACK_SIGNING_SECRET is set, but not SLACK_BOT_TOKEN"],
    [{ PAGERDUTY_ROUTING_KEY: "short" }, "PAGERDUTY_ROUTING_KEY has 5 characters"],
    [{ GOOGLE_SERVICE_ACCOUNT_FILE: "key.json" }, "GOOGLE_SERVICE_ACCOUNT_FILE is set, but not GOOGLE_DELEGATED_ADMIN"],
    [{ ROLLCALL_GROUP_VIEWER: "v@example.test" }, "set, but not GOOGLE_SERVICE_ACCOUNT_FILE, GOOGLE_DELEGATED_ADMIN"],
    [{ GRAFANA_URL: "http://grafana" }, "GRAFANA_URL is set, but not GRAFANA_PLUGIN_SECRET"],
    [{ GRAFANA_PLUGIN_SECRET_FILE: "secret" }, "GRAFANA_PLUGIN_SECRET is set, but not GRAFANA_URL"],
  ])("half credentials %j are refused", (settings, message) => {
    expect(() => readCredentials(settings)).toThrow(message);
  });

  test("roles come from access.yaml, or from the Google stand-in if that is asked for, and from nowhere else", () => {
    expect(directoryOf({})).toBe("access.yaml");
    expect(directoryOf({ ROLLCALL_DIRECTORY: "google" })).toBe("google");
    expect(() => directoryOf({ ROLLCALL_DIRECTORY: "Google" })).toThrow("Allowed: access.yaml or google");
  });
});
