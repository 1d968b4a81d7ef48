import type { ReadContext } from "../command.ts";
import { isWorking } from "../domain/verdict.ts";
import { listed } from "../fleet-words.ts";
import { observeFleet } from "../observe-fleet.ts";
import type { ExpectedAgent } from "../protocol.ts";
import type { OwnRule } from "../second-person.ts";

/**
 * Why a change that interrupts these agents needs a second person: a P0 agent that works, or of which nobody knows that it
 * does not. One that is gone or does not consume is anybody's to mend.
 * @returns null if one person is enough
 */
export async function workingP0(targets: readonly ExpectedAgent[], { ports }: ReadContext): Promise<OwnRule | null> {
  const critical = targets.filter(({ criticality, desired }) => criticality === "P0" && desired.state === "running");
  if (critical.length === 0) return null;
  const { agents } = await observeFleet(ports, critical);
  const working = agents.filter(({ judgement }) => isWorking(judgement.verdict)).map(({ expected }) => expected.id);
  if (working.length > 0) return rule(`${named(working)} ${working.length === 1 ? "works" : "work"}`);
  const unknown = agents
    .filter(({ judgement }) => judgement.rung === null || judgement.verdict === "up")
    .map(({ expected }) => expected.id);
  return unknown.length > 0
    ? rule(`nobody knows whether ${named(unknown)} ${unknown.length === 1 ? "works" : "work"}`)
    : null;
}

// Begins with no agent's name: a sentence that begins with it would write it with a capital.
const named = (ids: readonly string[]): string => `P0 ${ids.length === 1 ? "agent" : "agents"} ${listed(ids)}`;
const rule = (why: string): OwnRule => ({ rule: "p0-working", why });
