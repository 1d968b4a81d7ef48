import { access } from "node:fs/promises";
import { join } from "node:path";
import { listPm2, type Pm2Process } from "@rollcall/core/adapters/supervisors/pm2.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Collector } from "./collector.ts";
import type { SettingsOf } from "./collectors-file.ts";
import { measureUnits, type Unit } from "./units.ts";

/** Processes that PM2 keeps, asked by its command line as the user that runs it. */
export function pm2Collector(settings: SettingsOf<"pm2">, path: string): Collector {
  const { command, home, processes, everySeconds, timeoutSeconds } = settings;
  const options = { path: command, env: { PATH: path, HOME: home, PM2_HOME: home } };
  return {
    name: "pm2",
    everySeconds,
    timeoutSeconds,
    async collect() {
      // PM2 starts a daemon where there is none: whoever looks must not make what is looked for.
      await access(join(home, "rpc.sock")).catch((cause: unknown) => {
        throw new Failure("unavailable", `no daemon of PM2 runs in ${home}`, { cause });
      });
      const list = await listPm2(options, timeoutSeconds * 1000);
      const byName = Map.groupBy(list, ({ name }) => name);
      const unexpected = list.filter(({ name, pid }) => pid > 0 && !processes.includes(name)).length;
      const units = new Map(processes.map((name) => [name, unitOf(byName.get(name) ?? [])]));
      return measureUnits("pm2", { units, unexpected });
    },
  };
}

/** A name may stand for several processes of a cluster: they are one unit, which runs if one of them does. */
function unitOf(processes: readonly Pm2Process[]): Unit | null {
  if (processes.length === 0) return null;
  const running = processes.filter(({ pid }) => pid > 0);
  const memory = running.map(({ monit }) => monit?.memory ?? null);
  return {
    isRunning: running.length > 0,
    startedAt: running.length === 0 ? null : Math.min(...running.map(({ pm2_env }) => pm2_env.pm_uptime)),
    restarts: sum(processes.map(({ pm2_env }) => pm2_env.restart_time ?? null)),
    memoryBytes: sum(memory),
    cpuSeconds: null,
  };
}

const sum = (values: readonly (number | null)[]): number | null =>
  values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
