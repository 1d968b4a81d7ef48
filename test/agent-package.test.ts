import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createStage, type Stage, until } from "./agent-stage.ts";

const root = join(import.meta.dirname, "..");
const MAIN = `
import { readConfig, startAgent } from "@rollcall/agent";
await startAgent({
  config: readConfig(),
  consumes: ["stock.reserved"],
  publishes: ["payments.captured"],
  handle: { "stock.reserved": (event, { publish }) => publish("payments.captured", { order: event.data.order ?? null }) },
});
`;
const TYPED = `
import { type AgentOptions, type Handler, readConfig, startAgent } from "@rollcall/agent";
const handle: Handler = async (event, { publish }) => publish("payments.captured", { order: event.data.order ?? null });
const options: AgentOptions = { config: readConfig(), consumes: [], publishes: [], handle: { "stock.reserved": handle } };
// @ts-expect-error consumes is a list
void startAgent({ ...options, consumes: "stock.reserved" });
export const epoch: number = (await startAgent(options)).epoch;
`;
let folder: string;
let tarball: string;
let stage: Stage;

interface Manifest {
  readonly dependencies: Record<string, string>;
}
const manifest = (): Manifest =>
  JSON.parse(readFileSync(join(folder, "node_modules/@rollcall/agent/package.json"), "utf8")) as Manifest;

/** What `npm install <tarball>` does, from what is installed here: no network in tests. */
function link(name: string): void {
  const path = join(folder, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(root, "node_modules", name), path);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-package-"));
  const bin = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
  execFileSync("npm", ["pack", "-w", "agent", "--offline", "--pack-destination", folder], {
    cwd: root,
    stdio: "pipe",
    env: { ...process.env, PATH: bin, npm_config_update_notifier: "false" },
  });
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
  const target = join(folder, "node_modules/@rollcall/agent");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  for (const name of Object.keys(manifest().dependencies)) link(name);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  stage = await createStage(inject("redisUrl"), {
    packed: { consumes: ["stock.reserved"], publishes: ["payments.captured"] },
  });
});
afterAll(async () => {
  await stage.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the tarball of npm pack -w agent", () => {
  test("declares nothing that only this repository has, and holds no TypeScript but types", () => {
    expect(Object.keys(manifest().dependencies)).toEqual(["ioredis", "zod"]);
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n");
    expect(files.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))).toEqual([]);
    expect(files.filter((path) => /sample|\.test\./.test(path))).toEqual([]);
    expect(files).toContain("package/dist/package/LICENSE");
  });

  test("runs an agent in an empty folder, as plain JavaScript, on the real bus", async () => {
    writeFileSync(join(folder, "main.mjs"), MAIN);
    const { redisUrl, key } = stage.config("packed");
    const child = spawn(process.execPath, ["--no-experimental-strip-types", join(folder, "main.mjs")], {
      cwd: folder,
      env: {
        ROLLCALL_AGENT: "packed",
        ROLLCALL_FLEET: stage.fleet,
        REDIS_URL: redisUrl,
        ROLLCALL_AGENT_KEY: key,
        ROLLCALL_AGENT_DIR: join(folder, "data"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      await stage.beatThat(
        "packed",
        `the first; it says ${output}`,
        ({ consumes }) => consumes[0] === "stock.reserved",
      );
      await stage.publish("stock.reserved", { order: 7 });
      const [event] = await until(`what it publishes; it says ${output}`, async () => {
        const entries = await stage.admin.xrange(stage.keys.topic("payments.captured"), "-", "+");
        return entries.length > 0 ? entries.map(([, fields]) => JSON.parse(fields[1] ?? "")) : null;
      });
      expect(event).toMatchObject({ source: "packed", data: { order: 7 } });
      expect((await stage.ask("packed", "canary")).outcome).toBe("done");
      expect((await stage.ask("packed", "stop")).outcome).toBe("done");
      expect(await ended).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  }, 60_000);

  test("has types that a strict compiler takes, and that refuse a wrong use", () => {
    for (const name of ["@types/node", "undici-types"]) link(name);
    writeFileSync(join(folder, "main.ts"), TYPED);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--types", "node"];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const run = () => execFileSync(process.execPath, [tsc, ...options, "main.ts"], { cwd: folder, encoding: "utf8" });
    expect(run).not.toThrow();
  }, 60_000);
});
