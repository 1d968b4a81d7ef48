import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseEnv } from "node:util";
import { readServiceAccount } from "@rollcall/core/adapters/google/service-account-key.ts";
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
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: unknown;
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, unknown>>;
}
const text = readFileSync(join(REPOSITORY, "docker-compose.yml"), "utf8");
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};
const services = Object.entries(compose.services);
const ENDED = "service_completed_successfully";
const once = ["configure", "migrate", "start-fleet"];

describe("docker-compose.yml", () => {
  test("has every part of the stack, pinned, with restart and health", () => {
    expect(Object.keys(compose.services).toSorted()).toEqual([
      "alertmanager",
      "configure",
      "control",
      "exporter",
      "fleet",
      "grafana",
      "migrate",
      "postgres",
      "prometheus",
      "redis",
      "start-fleet",
      "traces",
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
        // The plugin is built when it is wanted; what it is made of is there.
        const there = join(REPOSITORY, source.replace("./grafana-plugin/dist", "grafana-plugin/src"));
        if (source.startsWith(".")) expect(existsSync(there), `${name}: ${source}`).toBe(true);
        else expect(Object.keys(compose.volumes), name).toContain(source);
      }
    }
  });

  test("runs files that exist", () => {
    for (const [name, { command = [], build }] of services) {
      if (build === undefined) continue;
      const files = command.filter((word) => word.endsWith(".ts"));
      expect(files.length, name).toBeGreaterThan(0);
      for (const file of files) expect(existsSync(join(REPOSITORY, file)), `${name}: ${file}`).toBe(true);
    }
  });

  test("opens the ports of the local stack, to this machine only", () => {
    const opened = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port] as const));
    // The local stack receives no spans; its Grafana is a stand-in. Here the supervisor's metrics stay between the containers.
    const expected = { ...portsAt("0"), traces: 16_686 };
    for (const [name, port] of opened) {
      const [host, outside] = port.split(":");
      expect(host, name).toBe("127.0.0.1");
      expect(Number(outside), name).toBe(expected[name as keyof typeof expected]);
    }
    expect(opened.map(([name]) => name).toSorted()).toEqual(
      Object.keys(expected)
        .filter((name) => !["slack", "google", "pagerduty", "supervisor"].includes(name))
        .toSorted(),
    );
  });

  test("loads telemetry before each program that sends spans", () => {
    for (const [name, room] of [
      ["control", "bot"],
      ["exporter", "exporter"],
    ] as const) {
      const { command = [] } = compose.services[name] as Service;
      const preloaded = command[command.indexOf("--import") + 1];
      expect(preloaded, name).toBe(`./${room}/telemetry.ts`);
      expect(command.at(-1), name).toBe(`${room}/src/main.ts`);
    }
  });

  test("starts what only staging has in that profile alone, and lets nothing else wait for it", () => {
    const staging = services.filter(([, { profiles = [] }]) => profiles.includes("staging")).map(([name]) => name);
    expect(staging).toEqual(["traces"]);
    expect(services.filter(([, { profiles }]) => profiles !== undefined)).toHaveLength(1);
    for (const [name, { depends_on = {} }] of services)
      for (const other of Object.keys(depends_on)) {
        expect(Object.keys(compose.services), `${name} waits for ${other}`).toContain(other);
        expect(staging, `${name} waits for ${other}`).not.toContain(other);
      }
  });

  test("waits for health only where there is a look at it, and for an end only of what ends", () => {
    for (const [name, { depends_on = {} }] of services)
      for (const [other, { condition }] of Object.entries(depends_on) as [string, { condition: string }][]) {
        if (condition === "service_healthy") expect(compose.services[other]?.healthcheck, name).toBeDefined();
        else expect([condition, once.includes(other)], `${name}: ${other}`).toEqual([ENDED, true]);
      }
  });

  test("keeps what is worth keeping in volumes, and gives each declared volume to somebody", () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(":")[0]));
    for (const volume of Object.keys(compose.volumes)) expect(mounted).toContain(volume);
    for (const name of ["postgres", "redis", "prometheus", "alertmanager", "grafana", "fleet"])
      expect(
        compose.services[name]?.volumes?.some((volume) => volume.startsWith(`${name}-data:`)),
        name,
      ).toBe(true);
  });

  test("holds no secret, not even a default one", () => {
    expect(text).not.toMatch(/password:|xox[bp]-|rc_[\w-]{20}|:-\w/i);
    for (const [name, { environment = {} }] of services) {
      const secrets = Object.keys(environment).filter(
        (key) => /PASSWORD|TOKEN|SECRET|KEY/.test(key) && !/_FILE$/.test(key),
      );
      expect(secrets, name).toEqual([]);
    }
  });

  test("mounts the key of Google into the first container alone, and nothing if there is none", () => {
    expect(compose.secrets).toEqual({
      "google-service-account": { file: `\${GOOGLE_SERVICE_ACCOUNT_FILE:-/dev/null}` },
    });
    const users = services.filter(([, { secrets }]) => secrets !== undefined);
    expect(users.map(([name, { secrets }]) => [name, secrets])).toEqual([["configure", ["google-service-account"]]]);
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
  const holders = (secret: string) =>
    FOLDERS.filter((folder) =>
      readdirSync(join(into, folder), { recursive: true, withFileTypes: true }).some(
        (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), "utf8").includes(secret),
      ),
    );
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
    expect(parse(read("exporter/collectors.yaml")).probes.targets).toContainEqual({
      name: "control",
      url: "http://control:8080/live",
    });
    expect(JSON.parse(read("fleet/agents.json"))).toHaveLength(22);
  });

  test("hands the key of Google on to the control service, which alone can read it, and takes it back", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const key = join(into, "key-of-the-host.json");
    const private_key = String(privateKey.export({ format: "pem", type: "pkcs8" }));
    const account = { type: "service_account", client_email: "x@y.iam.gserviceaccount.com", private_key };
    writeFileSync(key, JSON.stringify(account), { mode: 0o644 });
    const google = {
      GOOGLE_SERVICE_ACCOUNT_FILE: "./key-of-the-host.json",
      GOOGLE_DELEGATED_ADMIN: "admin@example.test",
      ROLLCALL_GROUP_ADMIN: "a@example.test",
      ROLLCALL_GROUP_OPERATOR: "o@example.test",
      ROLLCALL_GROUP_VIEWER: "v@example.test",
    };
    await configure(into, { ...settings, ...google }, key);
    const handed = parseEnv(read("control/control.env")).GOOGLE_SERVICE_ACCOUNT_FILE as string;
    expect(handed).toBe("/config/google-service-account.json");
    expect(parseEnv(read("control/control.env"))).toMatchObject({ ROLLCALL_GROUP_VIEWER: "v@example.test" });
    const file = join(into, "control", basename(handed));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    if (process.getuid?.() === 0) expect(statSync(file).uid).toBe(1000);
    expect(readServiceAccount(readFileSync(file, "utf8")).privateKey).toBe(private_key);
    expect(holders("BEGIN PRIVATE KEY")).toEqual(["control"]);
    await expect(configure(into, { ...settings, ...google }, "/dev/null")).rejects.toThrow("not the key of a service");
    await configure(into, settings);
    expect(holders("BEGIN PRIVATE KEY")).toEqual([]);
  });

  test("passes on a vault program as it was written", async () => {
    const SLACK_SIGNING_SECRET_COMMAND = '["vault", "read", "a b"]';
    await configure(into, { ...settings, SLACK_SIGNING_SECRET_COMMAND });
    expect(parseEnv(read("control/control.env"))).toMatchObject({ SLACK_SIGNING_SECRET_COMMAND });
    await configure(into, settings);
  });

  test("tells Grafana where Prometheus is, and its password by a file", () => {
    const source = parse(read("grafana/provisioning/datasources/prometheus.yml")) as { datasources: unknown[] };
    expect(source.datasources).toEqual([
      expect.objectContaining({ type: "prometheus", url: "http://prometheus:9090" }),
      expect.objectContaining({ type: "alertmanager", uid: "alertmanager", url: "http://alertmanager:9093" }),
    ]);
    const boards = parse(read("grafana/provisioning/dashboards/rollcall.yml")) as {
      providers: { options: { path: string } }[];
    };
    expect(compose.services.grafana?.volumes).toContain(`./dashboards/boards:${boards.providers[0]?.options.path}:ro`);
    expect(read("grafana/admin-password")).toMatch(/^[\w-]{43}$/);
    expect(compose.services.grafana?.environment?.GF_SECURITY_ADMIN_PASSWORD__FILE).toBe("/config/admin-password");
  });

  test("sends spans nowhere, in staging to its own receiver, and where it is told to", async () => {
    const endpoints = () =>
      ["control/control.env", "exporter/exporter.env", "fleet/supervisor.env"].map((file) => {
        const { OTEL_EXPORTER_OTLP_ENDPOINT, ROLLCALL_ENVIRONMENT } = parseEnv(read(file));
        return [OTEL_EXPORTER_OTLP_ENDPOINT, ROLLCALL_ENVIRONMENT];
      });
    expect(endpoints()).toEqual(Array(3).fill([undefined, undefined]));
    await configure(into, { ...settings, COMPOSE_PROFILES: "staging" });
    expect(endpoints()).toEqual(Array(3).fill(["http://traces:4318", "staging"]));
    const OTEL_EXPORTER_OTLP_ENDPOINT = "https://spans.example.test";
    await configure(into, { ...settings, COMPOSE_PROFILES: "staging", OTEL_EXPORTER_OTLP_ENDPOINT });
    expect(endpoints()[0]?.[0]).toBe(OTEL_EXPORTER_OTLP_ENDPOINT);
    await configure(into, settings);
  });

  test("no container is told the secrets of another", () => {
    const { fleetKey, alertmanagerToken } = JSON.parse(read("secrets/secrets.json")) as Record<string, string>;
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
