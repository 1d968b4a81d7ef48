import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

interface Planted {
  readonly title: string;
  readonly file: string;
  readonly source: string;
  readonly rule: string;
}

const using = (specifier: string): string => `import * as it from "${specifier}";\nexport const kept = it;\n`;
const plant = ([title, file, source, rule]: [string, string, string, string]): Planted => ({
  title,
  file,
  source,
  rule,
});

const REFUSED = (
  [
    ["a command that talks to PostgreSQL directly", "core/src/commands/a.ts", using("pg"), "noRestrictedImports"],
    ["a domain file that uses a port", "core/src/domain/b.ts", using("../ports/clock.ts"), "noRestrictedImports"],
    ["the command path using an adapter", "core/src/c.ts", using("./adapters/postgres/pool.ts"), "noRestrictedImports"],
    [
      "an agent that knows more than the protocol",
      "agent/src/d.ts",
      using("@rollcall/core/domain/incident.ts"),
      "noRestrictedImports",
    ],
    ["a stand-in using the bot", "local/u.ts", using("@rollcall/bot/http/server.ts"), "noRestrictedImports"],
    ["core using the agent", "core/src/adapters/e.ts", using("@rollcall/agent/index.ts"), "noRestrictedImports"],
    [
      "the plugin using a rule of the control service",
      "grafana-plugin/src/p.ts",
      using("@rollcall/core/policy.ts"),
      "noRestrictedImports",
    ],
    [
      "the plugin using a type of the domain",
      "grafana-plugin/src/pages/q.tsx",
      'import type { Agent } from "@rollcall/core/domain/agent.ts";\nexport type Kept = Agent;\n',
      "noRestrictedImports",
    ],
    ["the plugin using the bot", "grafana-plugin/src/r.ts", using("@rollcall/bot/main.ts"), "noRestrictedImports"],
    ["the plugin using what only Node has", "grafana-plugin/src/s.ts", using("node:fs"), "noRestrictedImports"],
    ["a dependency that package.json does not name", "agent/src/f.ts", using("fastify"), "noUndeclaredDependencies"],
    [
      "a function of more than 50 lines",
      "core/src/g.ts",
      `export function long(): number {\n${"  Math.random();\n".repeat(60)}  return 1;\n}\n`,
      "noExcessiveLinesPerFunction",
    ],
    [
      "a file of more than 300 lines",
      "core/src/h.ts",
      `export const lines = [\n${"  1,\n".repeat(310)}];\n`,
      "noExcessiveLinesPerFile",
    ],
    [
      "a function of four parameters",
      "core/src/i.ts",
      "export const f = (a: number, b: number, c: number, d: number) => a + b + c + d;\n",
      "useMaxParams",
    ],
    ["a file name that is not kebab-case", "core/src/camelCase.ts", "export const a = 1;\n", "useFilenamingConvention"],
    ["the environment read outside config.ts", "bot/src/j.ts", "export const a = process.env.A;\n", "noProcessEnv"],
    ["a console in a service", "bot/src/k.ts", "console.log(1);\n", "noConsole"],
    [
      "a promise nobody waits for",
      "bot/src/l.ts",
      "async function f(): Promise<void> {}\nf();\n",
      "noFloatingPromises",
    ],
  ] as [string, string, string, string][]
).map(plant);

const ALLOWED = (
  [
    ["an adapter using PostgreSQL", "core/src/adapters/postgres/m.ts", using("pg"), "noRestrictedImports"],
    ["a command using a port", "core/src/commands/n.ts", using("../ports/clock.ts"), "noRestrictedImports"],
    ["an agent using the protocol", "agent/src/o.ts", using("@rollcall/core/protocol.ts"), "noRestrictedImports"],
    [
      "the plugin using the contract of the HTTP API",
      "grafana-plugin/src/t.ts",
      using("@rollcall/core/contract.ts"),
      "noRestrictedImports",
    ],
    ["the environment read in config.ts", "bot/src/config.ts", "export const a = process.env.A;\n", "noProcessEnv"],
  ] as [string, string, string, string][]
).map(plant);

let lab: string;
const found = new Map<string, string[]>();

beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), "rollcall-lint-"));
  const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8")) as { vcs: unknown; $schema: unknown };
  writeFileSync(join(lab, "biome.json"), JSON.stringify({ ...config, vcs: { enabled: false }, $schema: undefined }));
  for (const room of ["core", "agent", "bot", "grafana-plugin"]) {
    mkdirSync(join(lab, room));
    copyFileSync(join(root, room, "package.json"), join(lab, room, "package.json"));
  }
  for (const { file, source } of [...REFUSED, ...ALLOWED]) {
    mkdirSync(dirname(join(lab, file)), { recursive: true });
    writeFileSync(join(lab, file), source);
  }
  const { stdout } = spawnSync(
    join(root, "node_modules/.bin/biome"),
    ["lint", "--reporter=json", "--max-diagnostics=none", "."],
    { cwd: lab, encoding: "utf8" },
  );
  for (const { category, location } of (
    JSON.parse(stdout) as { diagnostics: { category: string; location: { path: unknown } }[] }
  ).diagnostics) {
    const path = JSON.stringify(location.path);
    for (const { file } of [...REFUSED, ...ALLOWED])
      if (path.includes(file)) found.set(file, [...(found.get(file) ?? []), category]);
  }
});

afterAll(() => rmSync(lab, { recursive: true, force: true }));

const rulesOf = (file: string): string => (found.get(file) ?? []).join(" ");

describe("the lint rules", () => {
  test.each(REFUSED)("refuse $title", ({ file, rule }) => {
    expect(rulesOf(file)).toContain(rule);
  });

  test.each(ALLOWED)("allow $title", ({ file, rule }) => {
    expect(rulesOf(file)).not.toContain(rule);
  });
});
