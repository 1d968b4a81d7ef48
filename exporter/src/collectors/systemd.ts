import { runProgram } from "@rollcall/core/adapters/supervisors/run-program.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Collector } from "./collector.ts";
import type { SettingsOf } from "./collectors-file.ts";
import { measureUnits, type Unit } from "./units.ts";

// systemctl(1), systemd 251 or newer; what is not counted is "[not set]" or the greatest number of 64 bits.
const PROPERTIES = "LoadState,ActiveState,ExecMainStartTimestamp,NRestarts,MemoryCurrent,CPUUsageNSec";
const NOT_COUNTED = "18446744073709551615";

/** Units of systemd, asked by one call of `systemctl show`, which needs no rights. */
export function systemdCollector(settings: SettingsOf<"systemd">, env: Readonly<Record<string, string>>): Collector {
  const { command, units: names, user, everySeconds, timeoutSeconds } = settings;
  const program = { label: "systemd", path: command, env, timeoutMs: timeoutSeconds * 1000 };
  const words = [...(user ? ["--user"] : []), "show", "--timestamp=unix", `--property=${PROPERTIES}`, "--"];
  return {
    name: "systemd",
    everySeconds,
    timeoutSeconds,
    async collect() {
      if (names.length === 0) return {};
      const { code, out, error } = await runProgram(program, [...words, ...names.map(unitName)]);
      // One block for each unit, in the order asked for, with an empty line between two.
      const blocks = out.trimEnd().split("\n\n");
      if (code !== 0 || blocks.length !== names.length) {
        throw new Failure("unavailable", `systemd does not show the units: ${error.trim().slice(0, 200)}`);
      }
      const units = new Map(names.map((name, index) => [name, unitOf(blocks[index] ?? "")]));
      return measureUnits("systemd", { units, unexpected: null });
    },
  };
}

/** `billing` is `billing.service`; a name with a dot is a unit already. */
const unitName = (name: string): string => (name.includes(".") ? name : `${name}.service`);

function unitOf(block: string): Unit | null {
  const property = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "";
  const count = (name: string): number | null => {
    const text = property(name);
    return /^\d+$/.test(text) && text !== NOT_COUNTED ? Number(text) : null;
  };
  if (property("LoadState") !== "loaded") return null;
  const started = Number(/^@(\d+)/.exec(property("ExecMainStartTimestamp"))?.[1] ?? 0);
  const cpuNanoseconds = count("CPUUsageNSec");
  return {
    isRunning: property("ActiveState") === "active",
    startedAt: started === 0 ? null : started * 1000,
    restarts: count("NRestarts"),
    memoryBytes: count("MemoryCurrent"),
    cpuSeconds: cpuNanoseconds === null ? null : cpuNanoseconds / 1e9,
  };
}
