import { createHash } from "node:crypto";
import type { Ports } from "./command.ts";
import { ENDINGS, type Ending, type TargetProgress } from "./domain/operation.ts";
import type { BreakGlass, SpooledUse } from "./ports/break-glass.ts";

/** One step of a use, as the spool has it. */
export interface SpooledStep {
  readonly use: string;
  readonly step: "began" | "stage" | "ended";
  readonly at: number;
  readonly actor: string;
  readonly command: string;
  readonly agent: string;
  readonly reason: string;
  readonly target?: unknown;
  readonly desired: "running" | "stopped" | null;
  readonly line: number;
  readonly hash: string;
}

/** What was read of a spool: the steps up to the first that does not fit. */
export interface ReadSpool {
  readonly steps: readonly SpooledStep[];
  readonly broken: { readonly line: number; readonly why: string } | null;
}

/** A use that has said nothing for so long has broken off: each ends within ten minutes. */
const BROKEN_OFF_MS = 15 * 60_000;

interface Taking {
  readonly store: BreakGlass;
  readonly ports: Pick<Ports, "registry" | "clock">;
}

/**
 * Takes over what a spool holds and PostgreSQL does not: each use once, and once that the spool cannot be believed.
 * @returns how many uses are new, and what speaks against the spool @throws Failure "unavailable"
 */
export async function takeSpool(
  read: ReadSpool,
  { store, ports }: Taking,
): Promise<{ taken: number; doubt: string | null }> {
  let taken = 0;
  for (const use of usesOf(read.steps, ports.clock.now())) {
    if (await store.has(use.id)) continue;
    await followDesired(use, ports);
    if (await store.take(use)) taken += 1;
  }
  const doubt = read.broken ?? (await cutOff(read.steps, store));
  if (doubt === null) return { taken, doubt: null };
  const hash = createHash("sha256")
    .update(`${read.steps.at(-1)?.hash ?? ""} ${doubt.why}`)
    .digest("hex");
  await store.takeDoubt({ ...doubt, hash, at: ports.clock.now() });
  return { taken, doubt: `line ${doubt.line}: ${doubt.why}` };
}

/** What was taken over before must still be there. */
async function cutOff(steps: ReadSpool["steps"], store: BreakGlass): Promise<ReadSpool["broken"]> {
  const last = await store.lastLine();
  if (last === null || steps[last.line - 1]?.hash === last.hash) return null;
  return { line: last.line, why: "what was taken over from it before is not there any more" };
}

function usesOf(steps: ReadSpool["steps"], now: number): SpooledUse[] {
  const byUse = [...Map.groupBy(steps, ({ use }) => use).values()];
  return byUse.flatMap((same) => {
    const [first, last] = [same[0], same.at(-1)];
    if (first === undefined || last === undefined) return [];
    const isOver = last.step === "ended" || now - last.at >= BROKEN_OFF_MS;
    return isOver ? [useOf(first, last)] : [];
  });
}

function useOf(first: SpooledStep, last: SpooledStep): SpooledUse {
  const { use: id, command, agent, actor, reason, line, hash, desired } = last;
  const target = last.target as TargetProgress;
  const why = target.stages.find((stage) => stage.error !== null)?.error ?? null;
  const end =
    last.step === "ended"
      ? { endedAt: last.at, ending: endingOf(target), error: why }
      : { endedAt: null, ending: "unknown" as const, error: why ?? "it broke off" };
  return { id, command, agent, actor, reason, beganAt: first.at, ...end, target, desired, line, hash };
}

const endingOf = ({ ending }: TargetProgress): Ending => ENDINGS.find((one) => one === ending) ?? "unknown";

/** The agent stays as it was left, unless somebody has wanted something else since. */
async function followDesired({ agent, desired, actor, reason, beganAt }: SpooledUse, { registry }: Taking["ports"]) {
  if (desired === null) return;
  const { agents } = await registry.expected();
  const now = agents.find(({ id }) => id === agent)?.desired;
  if (now === undefined || now.state === desired || (now.since ?? 0) > beganAt) return;
  await registry.setDesired([agent], { state: desired, by: actor, since: beganAt, reason });
}
