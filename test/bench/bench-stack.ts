import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Ports, portsAt } from "@rollcall/local/stack/addresses.ts";
import { compileCacheOf } from "@rollcall/local/stack/context.ts";
import { pathsBelow } from "@rollcall/local/stack/layout.ts";
import type { Secrets } from "@rollcall/local/stack/secrets.ts";
import { findFreeOffset } from "@rollcall/local/tools/free-offset.ts";
import { NO_BRAKES, NO_LIMITS } from "../no-limits.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const START_MS = 300_000;

/** A whole stack of the bench's own, in a temporary folder and on free ports. */
export interface BenchStack {
  /** Seconds from the command to the fleet that works, with an empty data folder. */
  readonly firstStartSeconds: number;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly fleet: string;
  /** Where its processes keep what Node has compiled. */
  readonly compileCache: string;
  /** What `npm run status` says last: "31 processes run, 2.1 GB of memory." */
  statusLine(): Promise<string>;
  /** Ends it and starts it again. @returns seconds of the start */
  startAgain(): Promise<number>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

/** @throws Error with the output of the start if it fails */
export async function startBenchStack(): Promise<BenchStack> {
  const dataDir = await mkdtemp(join(tmpdir(), "rollcall-bench-"));
  const offset = await findFreeOffset(21_000);
  await shareTools(dataDir);
  const env = {
    ...process.env,
    ROLLCALL_DATA_DIR: dataDir,
    ROLLCALL_PORT_OFFSET: String(offset),
    // One caller stands for many people.
    ROLLCALL_LIMITS: NO_LIMITS,
    ROLLCALL_BRAKES: NO_BRAKES,
  };
  const launch = (...words: string[]) =>
    run(process.execPath, [join(root, "local/launch.mjs"), ...words], { cwd: root, env, timeout: START_MS });
  const start = async () => {
    const begun = performance.now();
    await launch("start", "--detach").catch((error: { stdout?: string; stderr?: string }) => {
      throw new Error(`the stack did not start:\n${error.stdout ?? ""}${error.stderr ?? ""}`, { cause: error });
    });
    return (performance.now() - begun) / 1000;
  };
  const remove = async () => {
    await launch("stop").catch(() => undefined);
    await rm(dataDir, { recursive: true, force: true });
  };
  const firstStartSeconds = await start().catch(async (error) => {
    await remove();
    throw error;
  });
  const secrets = readJson<Secrets>(join(dataDir, "secrets.json"));
  const ports = portsAt(String(offset));
  return {
    firstStartSeconds,
    ports,
    secrets,
    redisUrl: `redis://default:${secrets.redisPassword}@127.0.0.1:${ports.redis}`,
    databaseUrl: `postgres://rollcall:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}/rollcall`,
    fleet: readJson<{ fleet: string }>(join(dataDir, "run/state.json")).fleet,
    compileCache: compileCacheOf({ layout: pathsBelow(dataDir) }),
    async statusLine() {
      const { stdout } = await launch("status");
      return stdout.trim().split("\n").at(-1) ?? "";
    },
    async startAgain() {
      await launch("stop");
      return start();
    },
    remove,
  };
}

const readJson = <Content>(file: string): Content => JSON.parse(readFileSync(file, "utf8")) as Content;

// Programs that an earlier start unpacked need not be fetched again.
async function shareTools(dataDir: string): Promise<void> {
  const tools = join(process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall"), "tools");
  await mkdir(tools, { recursive: true });
  if (!existsSync(join(dataDir, "tools"))) await symlink(tools, join(dataDir, "tools"));
}
