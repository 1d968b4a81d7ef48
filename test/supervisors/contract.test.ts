import { randomUUID } from "node:crypto";
import { createRuntimeEffects } from "@rollcall/core/adapters/postgres/runtime-effects.ts";
import { superviseRuntimes } from "@rollcall/core/adapters/supervisors/supervise-runtimes.ts";
import { workingAgent } from "@rollcall/core/fake-agent-fixture.ts";
import type { RuntimeEffects } from "@rollcall/core/ports/runtime-effects.ts";
import type { ProcessState, Supervisor } from "@rollcall/core/ports/supervisor.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../store-fixture.ts";
import { startBuiltIn } from "./built-in-stage.ts";
import { startDockerEngine } from "./docker-engine.ts";
import type { ProgramName } from "./kept-program.ts";
import { startKubernetesApi } from "./kubernetes-api.ts";
import { startPm2 } from "./pm2-home.ts";
import type { RuntimeStage } from "./stage.ts";
import { startSystemd } from "./systemd-manager.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const NO_BUILT_IN = { list: () => Promise.reject(new Error("nobody is of kind process")) } as unknown as Supervisor;
interface Contract {
  readonly supervisor: Supervisor;
  copies?(agent: string): number;
  add(agent: string, program: ProgramName): Promise<void>;
  goAway(): Promise<void>;
  close(): Promise<void>;
}

/** A fleet on one runtime, behind the supervisor that the control service has. */
async function onRuntime(stage: RuntimeStage): Promise<Contract> {
  const agents: CompiledFleet["agents"] = [];
  const registry = { expected: async () => ({ agents }) as unknown as CompiledFleet };
  const effects = createRuntimeEffects(store.pool);
  // Asked anew each time: a runtime may be replaced by one that is away.
  const runtimes = {
    get [stage.kind]() {
      return stage.runtime;
    },
  };
  return {
    supervisor: superviseRuntimes({ registry, builtIn: NO_BUILT_IN, runtimes, effects }),
    async add(id, program) {
      agents.push({ ...workingAgent(id).expected, runtime: { kind: stage.kind, name: id } });
      await stage.add(id, program);
    },
    ...(stage.copies !== undefined && { copies: (id: string) => stage.copies?.(id) ?? 0 }),
    goAway: () => stage.goAway(),
    close: () => stage.close(),
  };
}

const STAGES: readonly (readonly [string, () => Promise<Contract>])[] = [
  ["built-in", startBuiltIn],
  ["PM2", async () => onRuntime(await startPm2())],
  ["systemd", async () => onRuntime(await startSystemd())],
  ["Docker", async () => onRuntime(await startDockerEngine())],
  ["Kubernetes", async () => onRuntime(await startKubernetesApi())],
];

describe.each(STAGES)("a supervisor on %s", (label, open) => {
  let stage: Contract;
  const supervised = (): Supervisor => stage.supervisor;
  const id = (): string => `op-${randomUUID()}`;
  const running = (state: ProcessState): number => {
    expect(state).toMatchObject({ state: "running", pid: expect.any(Number), startedAt: expect.any(Number) });
    return state.pid as number;
  };
  const settled = (agent: string) => expect.poll(() => supervised().inspect(agent)).toMatchObject({ state: "exited" });

  beforeAll(async () => {
    stage = await open();
    for (const program of ["obedient", "stubborn", "broken"] as const) await stage.add(program, program);
  }, 90_000);
  afterAll(() => stage.close());

  test("knows nobody who is not expected", async () => {
    await expect(supervised().inspect("nobody")).rejects.toMatchObject({ code: "unknown_agent" });
    await expect(supervised().start("nobody", id())).rejects.toMatchObject({ code: "unknown_agent" });
  });

  test("starts what does not run, once for each id", { timeout: 60_000 }, async () => {
    expect((await supervised().inspect("obedient")).pid).toBeNull();
    const order = id();
    const first = running(await supervised().start("obedient", order));
    expect(running(await supervised().start("obedient", order))).toBe(first);
    expect(running(await supervised().start("obedient", id())), "it runs already").toBe(first);
    expect((await supervised().list()).find(({ agent }) => agent === "obedient")).toMatchObject({ pid: first });
  });

  test("ends the process that is meant and no other, once for each id", { timeout: 60_000 }, async () => {
    const pid = running(await supervised().start("obedient", id()));
    const other = await supervised().kill("obedient", { commandId: id(), pid: pid + 1, graceMs: 5000 });
    expect(running(other)).toBe(pid);
    const order = { commandId: id(), pid, graceMs: 5000 };
    expect(await supervised().kill("obedient", order)).toMatchObject({ state: "exited", pid: null });
    const next = running(await supervised().start("obedient", id()));
    await supervised().kill("obedient", order);
    expect((await supervised().inspect("obedient")).pid, "a repeat of the order is not for the next process").toBe(
      next,
    );
  });

  test("an id that was used for one effect is refused for another", { timeout: 60_000 }, async () => {
    const order = id();
    const pid = running(await supervised().start("obedient", order));
    await expect(supervised().kill("obedient", { commandId: order, pid })).rejects.toThrow("was used for");
  });

  test("ends by force what does not end when it is asked to", { timeout: 60_000 }, async () => {
    const pid = running(await supervised().start("stubborn", id()));
    const ended = await supervised().kill("stubborn", { commandId: id(), pid, graceMs: 300 });
    expect(ended).toMatchObject({ state: "exited", pid: null });
    const again = running(await supervised().start("stubborn", id()));
    expect(again).not.toBe(pid);
    expect(await supervised().kill("stubborn", { commandId: id(), pid: again })).toMatchObject({ state: "exited" });
  });

  test("tells what a process that ended by itself came to, and its last words", { timeout: 60_000 }, async () => {
    await supervised().start("broken", id());
    await settled("broken");
    const { exit, lastErrors } = await supervised().inspect("broken");
    expect(exit).toMatchObject({ code: 3, at: expect.any(Number) });
    expect(lastErrors.at(-1)).toBe("cannot read key.pem");
  });

  // The built-in one has a ledger of its own, and tests of its own for it.
  if (label !== "built-in")
    test("a start that a crash cut short is not had twice", { timeout: 60_000 }, async () => {
      const order = id();
      const before = await supervised().inspect("broken");
      await createRuntimeEffects(store.pool).begin(order, "start broken", before);
      // What the crashed process did before it could write down the answer: it ran, and has ended since.
      await supervised().start("broken", id());
      await settled("broken");
      const { startedAt } = await supervised().inspect("broken");
      await supervised().start("broken", order);
      expect((await supervised().inspect("broken")).startedAt).toBe(startedAt);
    });

  const wanted = (copies: number) => ({ commandId: id(), copies });
  if (label === "Kubernetes") {
    test("runs as many copies as are wanted, and no other agent's", { timeout: 60_000 }, async () => {
      await stage.add("copied", "obedient");
      await supervised().start("copied", id());
      const others = stage.copies?.("obedient");
      for (const copies of [3, 1]) {
        await supervised().scale?.("copied", wanted(copies));
        await expect.poll(() => stage.copies?.("copied"), { timeout: 20_000 }).toBe(copies);
        await expect
          .poll(() => supervised().copies?.("copied"), { timeout: 20_000 })
          .toEqual({ wanted: copies, existing: copies, ready: copies });
      }
      expect(stage.copies?.("obedient")).toBe(others);
    });

    test("one that is stopped stays so when it is scaled, and starts as so many", { timeout: 60_000 }, async () => {
      await stage.add("resting", "obedient");
      const pid = running(await supervised().start("resting", id()));
      await supervised().kill("resting", { commandId: id(), pid, graceMs: 5000 });
      await supervised().scale?.("resting", wanted(2));
      expect(await supervised().copies?.("resting")).toEqual({ wanted: 0, existing: 0, ready: 0 });
      await supervised().start("resting", id());
      await expect.poll(() => stage.copies?.("resting"), { timeout: 20_000 }).toBe(2);
    });

    test("a copy that ends by itself is not called ready", { timeout: 60_000 }, async () => {
      await stage.add("failing", "broken");
      await supervised().start("failing", id());
      await supervised().scale?.("failing", wanted(2));
      await expect
        .poll(() => supervised().copies?.("failing"), { timeout: 20_000 })
        .toEqual({ wanted: 2, existing: 2, ready: 0 });
    });

    test("a number of copies that the API refuses is told, with its words", async () => {
      await expect(supervised().scale?.("obedient", wanted(-1))).rejects.toThrow("spec.replicas: Invalid value: -1");
    });
  } else if (label !== "built-in")
    test("says that it keeps each agent once", async () => {
      for (const asked of [supervised().scale?.("obedient", wanted(2)), supervised().copies?.("obedient")])
        await expect(asked).rejects.toThrow(`${label} runs obedient once and cannot scale it`);
    });

  test("says that it cannot be reached, and claims nothing", { timeout: 60_000 }, async () => {
    await stage.goAway();
    for (const asked of [supervised().inspect("stubborn"), supervised().start("stubborn", id())]) {
      await expect(asked).rejects.toMatchObject({ code: "unavailable" });
    }
  });
});

describe("a fleet on several runtimes", () => {
  test("an agent of a runtime that is not set is said to be so, with the setting", async () => {
    const agents = [{ ...workingAgent("billing").expected, runtime: { kind: "docker", name: "billing" } }];
    const registry = { expected: async () => ({ agents }) as unknown as CompiledFleet };
    const effects = {} as RuntimeEffects;
    const supervisor = superviseRuntimes({ registry, builtIn: NO_BUILT_IN, runtimes: {}, effects });
    await expect(supervisor.inspect("billing")).rejects.toMatchObject({
      code: "unavailable",
      detail: { next: "ROLLCALL_RUNTIMES names the runtimes that are in use: add docker." },
    });
  });
});
