import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createPm2 } from "@rollcall/core/adapters/supervisors/pm2.ts";
import { PROGRAMS } from "./kept-program.ts";
import type { RuntimeStage } from "./stage.ts";

const run = promisify(execFile);
const PM2 = join(import.meta.dirname, "../../node_modules/.bin/pm2");

/** A stage whose daemon others ask, too. */
export interface Pm2Stage extends RuntimeStage {
  readonly home: string;
  readonly command: string;
}

/** A real PM2 with a daemon and a folder of its own. */
export async function startPm2(): Promise<Pm2Stage> {
  const home = await mkdtemp(join(tmpdir(), "pm2-"));
  const env = { PATH: `${process.execPath.replace(/\/node$/, "")}:/usr/bin:/bin`, HOME: home, PM2_HOME: home };
  const pm2 = (...args: readonly string[]) => run(PM2, [...args], { env });
  let path = PM2;
  const list = async (): Promise<{ name: string; pid: number }[]> => {
    const { stdout } = await pm2("jlist", "--silent");
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "[]") as { name: string; pid: number }[];
  };
  return {
    kind: "pm2",
    home,
    command: PM2,
    // By a getter, so that the program can be gone later.
    get runtime() {
      return createPm2({ path, env });
    },
    async add(name, program) {
      const file = join(home, `${name}.js`);
      await writeFile(file, PROGRAMS[program]);
      await pm2("start", file, "--name", name, "--no-autorestart", "--kill-timeout", "1000", "--silent");
      await pm2("stop", name, "--silent");
      await writeFile(join(home, "logs", `${name}-error.log`), "");
    },
    isAlive: async (name) => (await list()).some((one) => one.name === name && one.pid > 0),
    async goAway() {
      path = join(home, "no-such-program");
    },
    async close() {
      await pm2("kill", "--silent").catch(() => undefined);
      await rm(home, { recursive: true, force: true });
    },
  };
}
