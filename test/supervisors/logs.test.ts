import { followRuntime } from "@rollcall/core/adapters/supervisors/runtime-logs.ts";
import { workingAgent } from "@rollcall/core/fake-agent-fixture.ts";
import type { LogSource, RawLogLine } from "@rollcall/core/ports/log-source.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDockerEngine } from "./docker-engine.ts";
import { startKubernetesApi } from "./kubernetes-api.ts";
import { startPm2 } from "./pm2-home.ts";
import type { RuntimeStage } from "./stage.ts";
import { startSystemd } from "./systemd-manager.ts";

const STAGES: readonly (readonly [string, () => Promise<RuntimeStage>])[] = [
  ["PM2", startPm2],
  ["systemd", startSystemd],
  ["Docker", startDockerEngine],
  ["Kubernetes", startKubernetesApi],
];

describe.each(STAGES)("what agents write on %s", (_, open) => {
  let stage: RuntimeStage;
  let source: LogSource;
  let cursor: string | null = null;
  const lines: RawLogLine[] = [];
  const read = async (): Promise<string[]> => {
    const piece = await source.read(cursor);
    cursor = piece.cursor;
    lines.push(...piece.lines);
    return lines.map((line) => `${line.source}: ${line.text}`);
  };
  /** A source as a new leader has it. */
  const follow = (): LogSource => {
    const agents = ["billing", "invoices"].map((id) => ({
      ...workingAgent(id).expected,
      runtime: { kind: stage.kind, name: `${id}-program` },
    }));
    const { runtime } = stage;
    const logs = runtime.logs?.bind(runtime);
    if (logs === undefined) throw new Error(`${runtime.label} has no logs`);
    const registry = { expected: async () => ({ agents }) as unknown as CompiledFleet };
    return followRuntime({ kind: stage.kind, runtime: { ...runtime, logs }, registry });
  };
  const run = async (name: string): Promise<void> => {
    await stage.runtime.start(name);
  };
  const DEATH = ["billing: reading settings", "billing: cannot read key.pem"];

  beforeAll(async () => {
    stage = await open();
    await stage.add("billing-program", "broken");
    await stage.add("somebody-elses", "broken");
    source = follow();
  }, 90_000);
  afterAll(() => stage.close());

  test("comes under the agent's id, with its time, to its last words, and nothing of others", {
    timeout: 60_000,
  }, async () => {
    const before = Date.now();
    await run("billing-program");
    await run("somebody-elses");
    await expect.poll(read).toEqual(expect.arrayContaining(DEATH));
    expect(lines.every(({ source: from, kind }) => from === "billing" && kind === "agent")).toBe(true);
    // PM2 writes none.
    for (const { at } of lines) if (at !== null) expect(Math.abs(at - before)).toBeLessThan(60_000);
  });

  test("comes once, also to a new leader that goes on from the place", { timeout: 60_000 }, async () => {
    const known = await read();
    source = follow();
    expect(await read()).toEqual(known);
    if (stage.kind === "kubernetes") await stage.runtime.stop("billing-program", 0);
    await run("billing-program");
    await expect.poll(async () => (await read()).filter((line) => line === DEATH[1])).toHaveLength(2);
    expect((await read()).filter((line) => line === DEATH[0])).toHaveLength(2);
    expect(await read()).toHaveLength(2 * known.length);
  });

  test("cannot be read while the runtime is away, which is said", { timeout: 60_000 }, async () => {
    await stage.goAway();
    source = follow();
    // Of systemd it is journalctl that is asked, which stays; PM2's files are there without it.
    if (stage.kind === "systemd") return;
    await expect(source.read(cursor)).rejects.toMatchObject({ code: "unavailable" });
  });
});
