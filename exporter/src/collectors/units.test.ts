import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDockerEngine } from "@rollcall/test/supervisors/docker-engine.ts";
import { startPm2 } from "@rollcall/test/supervisors/pm2-home.ts";
import type { RuntimeStage } from "@rollcall/test/supervisors/stage.ts";
import { startSystemd } from "@rollcall/test/supervisors/systemd-manager.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { collectOnce, valuesOf } from "../../test/read-collected.ts";
import type { Collector } from "./collector.ts";
import { dockerCollector } from "./docker.ts";
import { pm2Collector } from "./pm2.ts";
import { systemdCollector } from "./systemd.ts";

const pace = { everySeconds: 1, timeoutSeconds: 30 };
const expected = ["billing", "invoices", "nowhere"];
const PATH = `${process.execPath.replace(/\/node$/, "")}:/usr/bin:/bin`;

interface Stage {
  readonly stage: RuntimeStage;
  readonly collector: Collector;
}

const STAGES: Readonly<Record<"pm2" | "systemd" | "docker", () => Promise<Stage>>> = {
  async pm2() {
    const stage = await startPm2();
    const { command, home } = stage;
    return { stage, collector: pm2Collector({ command, home, processes: expected, ...pace }, PATH) };
  },
  async systemd() {
    const stage = await startSystemd();
    const settings = { command: stage.systemctl, user: false, units: expected, ...pace };
    return { stage, collector: systemdCollector(settings, { PATH }) };
  },
  async docker() {
    const stage = await startDockerEngine();
    return { stage, collector: dockerCollector({ socket: stage.socketPath, containers: expected, ...pace }) };
  },
};

describe.each(["pm2", "systemd", "docker"] as const)("units of %s", (kind) => {
  let stage: RuntimeStage;
  let collector: Collector;
  let found: Record<string, number>;

  beforeAll(async () => {
    ({ stage, collector } = await STAGES[kind]());
    for (const name of ["billing", "invoices", "stranger"]) await stage.add(name, "obedient");
    for (const name of ["billing", "stranger"]) await stage.runtime.start(name);
    await vi.waitFor(
      async () => {
        for (const name of ["billing", "stranger"]) expect(await stage.isAlive(name)).toBe(true);
      },
      { timeout: 30_000, interval: 200 },
    );
    found = await collectOnce(collector);
  }, 60_000);
  afterAll(() => stage.close(), 60_000);

  test("are told apart: running, known but not running, not known at all", () => {
    expect(valuesOf(found, "rollcall_unit_running")).toEqual({
      [`${kind} billing`]: 1,
      [`${kind} invoices`]: 0,
      [`${kind} nowhere`]: 0,
    });
    expect(valuesOf(found, "rollcall_unit_present")).toEqual({
      [`${kind} billing`]: 1,
      [`${kind} invoices`]: 1,
      [`${kind} nowhere`]: 0,
    });
  });

  test("have a start and restarts as what keeps them tells, and none of a process that is gone", () => {
    const starts = valuesOf(found, "rollcall_unit_start_timestamp_seconds");
    expect(Object.keys(starts)).toEqual([`${kind} billing`]);
    expect(Math.abs(Date.now() / 1000 - (starts[`${kind} billing`] as number))).toBeLessThan(300);
    expect(valuesOf(found, "rollcall_unit_restarts_total")[`${kind} billing`]).toBe(0);
  });

  test("have the memory and the CPU time that are counted, and no 0 for what is not", () => {
    const memory = valuesOf(found, "rollcall_unit_resident_memory_bytes");
    const cpu = valuesOf(found, "rollcall_unit_cpu_seconds_total");
    expect(Object.keys(memory)).toEqual(kind === "systemd" ? [] : [`${kind} billing`]);
    expect(Object.keys(cpu)).toEqual(kind === "pm2" ? [] : [`${kind} billing`]);
    for (const bytes of Object.values(memory)) expect(bytes).toBeGreaterThan(10_000_000);
    if (kind === "systemd") expect(cpu[`${kind} billing`]).toBe(2.5);
  });

  test("that run and nobody expects are counted, where there is a list", () => {
    const strangers = valuesOf(found, "rollcall_exporter_collector_unexpected");
    expect(strangers).toEqual(kind === "systemd" ? {} : { [kind]: 1 });
  });

  test("are not measured when nobody answers", async () => {
    await stage.goAway();
    const away =
      kind === "pm2"
        ? pm2Collector({ command: "/no/such/pm2", home: "/no/home", processes: expected, ...pace }, PATH)
        : collector;
    await expect(away.collect(AbortSignal.timeout(30_000))).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("looking for PM2 where no daemon runs starts none", async () => {
  const home = await mkdtemp(join(tmpdir(), "pm2-none-"));
  const { command, close } = await startPm2();
  try {
    const collector = pm2Collector({ command, home, processes: [], ...pace }, PATH);
    await expect(collector.collect(AbortSignal.timeout(30_000))).rejects.toThrow(`no daemon of PM2 runs in ${home}`);
    expect(await readdir(home)).toEqual([]);
  } finally {
    await close();
    await rm(home, { recursive: true });
  }
});
