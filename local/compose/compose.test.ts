import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { findTool } from "@rollcall/local/tools/find-tool.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { parse } from "yaml";
import { portsAt } from "../stack/addresses.ts";
import { REPOSITORY } from "../stack/layout.ts";
import { configure, FOLDERS } from "./configure.ts";

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
}
const text = readFileSync(join(REPOSITORY, "docker-compose.yml"), "utf8");
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const once = ["configure", "migrate", "start-fleet"];

describe("docker-compose.yml", () => {
  test("has every part of the stack, pinned, with restart and health", () => {
    expect(Object.keys(compose.services).toSorted()).toEqual([
      "alertmanager",
      "configure",
      "control",
      "exporter",
      "fleet",
      "migrate",
      "postgres",
      "prometheus",
      "redis",
      "start-fleet",
    ]);
    for (const [name, service] of services) {
      expect(service.image, name).toMatch(/:v?\d+\.\d+/);
      if (once.includes(name)) continue;
      expect(service.restart, name).toBe("unless-stopped");
      expect(service.healthcheck, name).toBeDefined();
    }
  });

  test("mounts only what is there", () => {
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const source = volume.split(":")[0] as string;
        if (source.startsWith(".")) expect(existsSync(join(REPOSITORY, source)), `${name}: ${source}`).toBe(true);
        else expect(Object.keys(compose.volumes), name).toContain(source);
      }
    }
  });

  test("runs files that exist", () => {
    for (const [name, { command = [], build }] of services) {
      if (build === undefined) continue;
      const file = command.find((word) => word.endsWith(".ts")) as string;
      expect(existsSync(join(REPOSITORY, file)), `${name}: ${file}`).toBe(true);
    }
  });

  test("opens the ports of the local stack, to this machine only", () => {
    const opened = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port] as const));
    const expected = portsAt("0");
    for (const [name, port] of opened) {
      const [host, outside] = port.split(":");
      expect(host, name).toBe("127.0.0.1");
      expect(Number(outside), name).toBe(expected[name as keyof typeof expected]);
    }
    expect(opened.map(([name]) => name).toSorted()).toEqual(
      Object.keys(expected)
        .filter((name) => !["slack", "google", "pagerduty"].includes(name))
        .toSorted(),
    );
  });

  test("holds no secret, not even a default one", () => {
    expect(text).not.toMatch(/password:|xox[bp]-|rc_[\w-]{20}|:-\w/i);
    for (const [name, { environment = {} }] of services) {
      const secrets = Object.keys(environment).filter(
        (key) => /PASSWORD|TOKEN|SECRET|KEY/.test(key) && !key.endsWith("_FILE"),
      );
      expect(secrets, name).toEqual([]);
    }
  });

  test("gives each folder of configuration to one kind of container", () => {
    for (const volume of Object.keys(compose.volumes).filter((name) => name.endsWith("-config"))) {
      const users = services.filter(
        ([name, service]) => name !== "configure" && service.volumes?.some((mount) => mount.startsWith(`${volume}:`)),
      );
      const kinds = new Set(users.map(([name]) => name.replace("start-", "")));
      expect([...kinds], volume).toHaveLength(1);
    }
  });
});

describe("configure", () => {
  const into = mkdtempSync(join(tmpdir(), "rollcall-compose-"));
  const settings = {
    SLACK_BOT_TOKEN: "xoxb-1-real",
    SLACK_SIGNING_SECRET: "0123456789abcdef0123",
    SLACK_BOT_ID: "B1",
    SLACK_BOT_USER_ID: "U1",
    SLACK_TEAM_ID: "T1",
    ROLLCALL_SLACK_ALERTS_CHANNEL: "C1",
    ROLLCALL_SLACK_OPS_CHANNEL: "C2",
    PAGERDUTY_ROUTING_KEY: "r".repeat(32),
  };
  const read = (path: string) => readFileSync(join(into, path), "utf8");
  beforeAll(() => configure(into, settings));
  afterAll(() => rmSync(into, { recursive: true, force: true }));

  test("is refused without credentials, in words", async () => {
    await expect(configure(into, {})).rejects.toThrow("put their credentials into .env");
  });

  test("keeps the secrets it made", async () => {
    const before = read("postgres/password");
    await configure(into, settings);
    expect(read("postgres/password")).toBe(before);
  });

  test("tells each program all it needs", () => {
    const control = parseEnv(read("control/control.env"));
    expect(control).toMatchObject({
      SLACK_BOT_TOKEN: "xoxb-1-real",
      PAGERDUTY_ROUTING_KEY: "r".repeat(32),
      DATABASE_URL: expect.stringMatching(/^postgres:\/\/rollcall_control:[0-9a-f]{64}@postgres:5432\/rollcall$/),
    });
    const { DATABASE_OWNER_URL, ROLLCALL_DATABASE_PASSWORD } = parseEnv(read("migrate/migrate.env"));
    expect(DATABASE_OWNER_URL).toBe(`postgres://rollcall:${read("postgres/password")}@postgres:5432/rollcall`);
    expect(control.DATABASE_URL).toContain(`:${ROLLCALL_DATABASE_PASSWORD}@`);
    const { REDIS_URL } = parseEnv(read("exporter/exporter.env"));
    expect(REDIS_URL).toMatch(/^redis:\/\/exporter:\w+@redis:6379$/);
    expect(JSON.parse(read("fleet/agents.json"))).toHaveLength(22);
  });

  test("no container is told the secrets of another", () => {
    const { fleetKey, alertmanagerToken } = JSON.parse(read("secrets/secrets.json")) as Record<string, string>;
    const holders = (secret: string) =>
      FOLDERS.filter((folder) =>
        readdirSync(join(into, folder), { recursive: true, withFileTypes: true }).some(
          (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), "utf8").includes(secret),
        ),
      );
    expect(holders(fleetKey as string)).toEqual(["secrets", "control", "exporter", "fleet"]);
    expect(holders(alertmanagerToken as string)).toEqual(["secrets", "alertmanager", "control"]);
    expect(holders("xoxb-1-real")).toEqual(["control"]);
    expect(holders(read("postgres/password"))).toEqual(["secrets", "postgres", "migrate"]);
  });

  test("Alertmanager accepts its configuration", { timeout: 120_000 }, async () => {
    const amtool = await findTool("amtool", inject("toolsDir"));
    expect(
      execFileSync(amtool.path, ["check-config", join(into, "alertmanager/alertmanager.yml")], { encoding: "utf8" }),
    ).toContain("SUCCESS");
  });
});
