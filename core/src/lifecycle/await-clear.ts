import type { ActContext, StageResult } from "../command.ts";
import { isMutedBy } from "../domain/asked-silence.ts";
import { firingAgents, type Incident, isMeasured } from "../domain/incident.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { waitUntil } from "../wait-until.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits, proofLeft } from "./limits.ts";

/**
 * Remembers which incident the agent fires in: `incident`. It may resolve before the stage that waits for it is reached.
 * @throws Failure "unavailable"
 */
export async function rememberIncident(
  { agent }: Pick<TargetProgress, "agent">,
  { ports }: ActContext,
): Promise<TargetProgress["memory"]> {
  const [firing] = (await ports.incidents.open(agent)).filter(isMeasured);
  return { incident: firing?.id ?? null };
}

/**
 * Waits until the agent fires in no incident any more.
 * @throws Failure "unavailable" if PostgreSQL does not answer; repeat it
 */
export async function awaitClear(
  { agent, memory }: TargetProgress,
  context: ActContext,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Promise<StageResult> {
  const { ports } = context;
  const withinMs = proofLeft(limits.clearMs, context);
  let wasFiring = typeof memory.incident === "string";
  const isClear = async (): Promise<true | null> => {
    const open = (await ports.incidents.open(agent)).filter(isMeasured);
    const isFiring = open.some((incident) => firingAgents(incident).includes(agent));
    wasFiring ||= isFiring;
    return isFiring && !(await isQuietlyOver(agent, open, ports)) ? null : true;
  };
  const { value, failure } = await waitUntil(isClear, { withinMs, everyMs: limits.clearPollMs });
  if (value !== null) return { state: wasFiring ? "done" : "skipped", ending: "recovered" };
  if (failure !== null) throw failure;
  return {
    state: "failed",
    error: `still firing after ${Math.round(limits.clearMs / 1000)} s`,
    ending: "did-not-help",
  };
}

/** Of what a silence mutes nobody is told that it has ended: Alertmanager itself is asked whether all of it has. */
async function isQuietlyOver(
  agent: string,
  open: readonly Incident[],
  { askedSilences, silences }: ActContext["ports"],
): Promise<boolean> {
  const holding = (await askedSilences?.open()) ?? [];
  const firing = open.flatMap(({ alerts }) => alerts.filter((alert) => alert.firing && alert.agent === agent));
  if (silences === undefined || !firing.every((alert) => holding.some((silence) => isMutedBy(alert, silence))))
    return false;
  const active = await silences.firing([agent]);
  return firing.every(({ alertname }) => !active.some((alert) => alert.alertname === alertname));
}

/** The agent works by now; whether its alert clears is not waited for any more. */
export const leaveClear = (by: string): StageResult => ({
  state: "skipped",
  detail: `not waited for: cancelled by ${by}`,
  ending: "done",
});
