import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { redact } from "@rollcall/core/secrets/redact.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { run } from "../cli/doctor.ts";
import { readOrMakeSecrets } from "../stack/secrets.ts";
import { createPlace } from "./doctor-fixture.ts";

const place = createPlace();
beforeEach(() => place.renew());
afterEach(() => void vi.restoreAllMocks());

describe("npm run doctor, as a command", () => {
  const PLANTED = [
    "xoxb-planted-token-1",
    "planted signing secret 2",
    "PlantedPagerDutyKey00000000000003",
    "planted-password-4",
  ];

  function watch() {
    const out: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
    vi.spyOn(console, "error").mockImplementation((line: string) => void out.push(line));
    return out;
  }

  test("a stack that does not run and never did is one plain result line, exit 0", async () => {
    const out = watch();
    expect(await run([], { environment: place.environment(), envFile: place.envFile })).toBe(0);
    expect(out.at(-1)).toMatch(/^doctor: \d+ fine, 0 to mend, \d+ skipped$/);
    expect(existsSync(join(place.folder, "secrets.json"))).toBe(false);
    expect(readdirSync(place.folder)).toEqual([]);
  });

  test("something to mend is exit 1 and comes with how", async () => {
    const out = watch();
    writeFileSync(place.envFile, "SLACK_BOT_TOKN=x\n");
    expect(await run([], { environment: place.environment(), envFile: place.envFile })).toBe(1);
    expect(out.join("\n")).toContain("✗ settings: nobody reads SLACK_BOT_TOKN of .env\n    → Compare its spelling");
    expect(out.at(-1)).toContain("1 to mend");
    expect(await run(["--frobnicate"], { environment: place.environment(), envFile: place.envFile })).toBe(1);
    expect(out.at(-1)).toContain("Unknown option --frobnicate");
  });

  test("the support bundle holds logs, configuration, versions and state, and none of the planted secrets", async () => {
    const out = watch();
    const secrets = readOrMakeSecrets(join(place.folder, "secrets.json"));
    const [token, signing, pager, password] = PLANTED as [string, string, string, string];
    writeFileSync(
      place.envFile,
      `SLACK_BOT_TOKEN=${token}\nSLACK_SIGNING_SECRET="${signing}"\nPAGERDUTY_ROUTING_KEY=${pager}\nDATABASE_URL=postgres://u:${password}@127.0.0.1:9/x\nSLACK_API_URL=http://127.0.0.1:9/api/\n`,
    );
    const everything = [
      ...PLANTED,
      ...Object.values(secrets).flatMap((value) => (typeof value === "string" ? [value] : Object.values(value))),
    ];
    mkdirSync(join(place.folder, "logs/agents"), { recursive: true });
    mkdirSync(join(place.folder, "config"));
    writeFileSync(
      join(place.folder, "logs/control-service.log"),
      `kept line\n${everything.map((secret) => `failed with ${secret}`).join("\n")}\n`,
    );
    writeFileSync(
      join(place.folder, "logs/agents/billing.log"),
      `${"x".repeat(300_000)}\nAuthorization: Bearer somebody-elses\nrc_${"a".repeat(43)} redis://a:unknown-password@h\n`,
    );
    writeFileSync(join(place.folder, "config/prometheus.yml"), `password: ${secrets.redisPassword}\n`);
    vi.spyOn(process, "cwd").mockReturnValue(place.folder);
    await run(["--bundle"], { environment: place.environment(), envFile: place.envFile });
    const archive = readdirSync(place.folder).find((name) => name.endsWith(".tar.gz")) as string;
    const unpack = (...words: string[]) =>
      execFileSync("tar", [...words, join(place.folder, archive)], { encoding: "utf8" });
    const names = unpack("-tzf");
    for (const name of [
      "findings.json",
      "versions.json",
      "state.json",
      "settings.json",
      "logs/control-service.log",
      "config/prometheus.yml",
    ])
      expect(names).toContain(name);
    expect(names).not.toContain("secrets.json");
    const text = unpack("-xzOf") + out.join("\n");
    expect(text).toContain("kept line");
    for (const secret of [...everything, "somebody-elses", `rc_${"a".repeat(43)}`, "unknown-password"])
      expect(text.includes(secret), secret).toBe(false);
  });

  test("redaction leaves nothing of a secret that contains another", () => {
    expect(redact("a long-secret-value b", ["long-secret-value", "secret"])).toBe("a [secret] b");
  });
});
