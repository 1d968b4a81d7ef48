import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreeOffset } from "@rollcall/local/tools/free-offset.ts";
import type { TestProject } from "vitest/node";
import { NO_BRAKES, NO_LIMITS } from "../no-limits.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

declare module "vitest" {
  interface ProvidedContext {
    /** The stack that all end-to-end tests share, started with the README's command. */
    stack: { readonly dataDir: string; readonly portOffset: number };
  }
}

/** Starts the whole stack as a person does, and stops it at the end; takes the one that runs if a Grafana before it is named. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env.GRAFANA_E2E_URL !== undefined) {
    const dataDir = process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall");
    if (!existsSync(join(dataDir, "run/state.json")))
      throw new Error(`GRAFANA_E2E_URL is set, but no stack runs with the data of ${dataDir}. Start one: npm start`);
    project.provide("stack", { dataDir, portOffset: Number(process.env.ROLLCALL_PORT_OFFSET ?? 0) });
    return undefined;
  }
  const dataDir = await mkdtemp(join(tmpdir(), "rollcall-e2e-"));
  const portOffset = await findFreeOffset(Number(process.env.ROLLCALL_PORT_OFFSET ?? 0) + 3000);
  await shareTools(dataDir);
  const env = {
    ...process.env,
    ROLLCALL_DATA_DIR: dataDir,
    ROLLCALL_PORT_OFFSET: String(portOffset),
    // One person does in a minute what people do in a day.
    ROLLCALL_LIMITS: NO_LIMITS,
    ROLLCALL_BRAKES: NO_BRAKES,
    ...coverageOfProcesses(),
  };
  const launch = (...words: string[]) =>
    run(process.execPath, [join(root, "local/launch.mjs"), ...words], { cwd: root, env, timeout: 300_000 });
  await launch("start", "--detach").catch(async (error: { stdout?: string; stderr?: string }) => {
    await rm(dataDir, { recursive: true, force: true });
    throw new Error(`the stack did not start:\n${error.stdout ?? ""}${error.stderr ?? ""}`, { cause: error });
  });
  project.provide("stack", { dataDir, portOffset });
  return async () => {
    await launch("stop");
    await rm(dataDir, { recursive: true, force: true });
  };
}

// Programs unpacked for the unit tests or an earlier start need not be fetched again.
async function shareTools(dataDir: string): Promise<void> {
  const tools = join(process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall"), "tools");
  await mkdir(tools, { recursive: true });
  if (!existsSync(join(dataDir, "tools"))) await symlink(tools, join(dataDir, "tools"));
}

function coverageOfProcesses(): Record<string, string> {
  const folder = process.env.ROLLCALL_STACK_COVERAGE ?? "";
  return folder === "" ? {} : { NODE_V8_COVERAGE: folder };
}
