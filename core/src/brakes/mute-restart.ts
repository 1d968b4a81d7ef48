import type { ActContext, StageResult } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import type { TargetProgress } from "../domain/operation.ts";
import type { WantedSilence } from "../domain/silence.ts";
import type { Silences } from "../ports/silences.ts";
import { waitUntil } from "../wait-until.ts";
import { RESTART_ALERTS } from "./restart-alerts.ts";

/** A silence that nobody renews ends after this: the alerts of a restart do not stay muted when the control service dies. */
export const RENEWED_FOR_MS = 60_000;
/** Twice the usual time and some air, within these: long enough for the slowest start, short enough to be told of an overrun. */
const SHORTEST_MS = 120_000;
const LONGEST_MS = 300_000;
const AIR_MS = 45_000;
/** Until Prometheus has seen that the agent works: scrape 5 s, evaluation 5 s, and some air. */
const SETTLE_MS = 30_000;
const LOOK_EVERY_MS = 1000;

/**
 * Mutes the alerts that the restart of this agent causes. What fires already stays as it is: Alertmanager would not tell
 * anybody of its end, and PagerDuty would ring for ever. An Alertmanager that is away holds nobody up.
 * @returns to be remembered: `mutedUntil` in ms, or `notMuted` with why not
 */
export async function muteRestart(
  { agent }: Pick<TargetProgress, "agent">,
  { ports, operation }: ActContext,
): Promise<TargetProgress["memory"]> {
  const { silences } = ports;
  if (silences === undefined) return {};
  const now = ports.clock.now();
  try {
    const firing = await firingNames(agent, { ports, silences });
    const only = RESTART_ALERTS.filter((name) => !firing.has(name));
    if (only.length === 0) return {};
    const until = now + longestMs(operation);
    await silences.put(restartSilence(operation, { agent, until, only }), now);
    return { mutedUntil: until, muted: only.join(",") };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { notMuted: error.message };
  }
}

/** What fires in Alertmanager unmuted, and what somebody was told of and has not ended there yet. */
async function firingNames(
  agent: string,
  { ports, silences }: { ports: ActContext["ports"]; silences: Silences },
): Promise<Set<string>> {
  const [active, open] = await Promise.all([silences.firing([agent]), ports.incidents.open(agent)]);
  const told = open.flatMap(({ alerts }) => alerts.filter((alert) => alert.firing && alert.agent === agent));
  const unmuted = active.filter(({ silencedBy }) => silencedBy.length === 0);
  return new Set([...unmuted, ...told].map(({ alertname }) => alertname));
}

const longestMs = ({ usualSeconds }: Pick<ActContext["operation"], "usualSeconds">): number =>
  Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (usualSeconds ?? 0) * 2000 + AIR_MS));

/** The silence that a restart wants for one of its agents. */
export const restartSilence = (
  { id, command, actor }: Pick<ActContext["operation"], "id" | "command" | "actor">,
  { agent, until, only }: { agent: string; until: number; only: readonly string[] },
): WantedSilence => ({
  ...{ key: `${id}/${agent}`, agents: [agent], alerts: { only }, until, renewedForMs: RENEWED_FOR_MS },
  why: `${command} of ${agent} by ${actor.name}; ends when it works, or rings when it overruns`,
});

/** Silences of running restarts, as their stored progress says: from the order until the agent works. */
export function silencesOfOperation(operation: ActContext["operation"]): WantedSilence[] {
  return operation.targets.flatMap(({ agent, ending, memory, stages }) => {
    const { mutedUntil, muted } = memory;
    const isClearing = stages.some(({ name, state }) => name === "alert clear" && state !== "next");
    if (ending !== null || isClearing || typeof mutedUntil !== "number" || typeof muted !== "string") return [];
    return [restartSilence(operation, { agent, until: mutedUntil, only: muted.split(",") })];
  });
}

/** Ends the muting as soon as what it muted has ended, so that nobody is told of it; what goes on firing rings. */
export async function endMuting(target: TargetProgress, context: ActContext, settleMs = SETTLE_MS): Promise<void> {
  const { silences } = context.ports;
  const key = `${context.operation.id}/${target.agent}`;
  if (silences === undefined || typeof target.memory.mutedUntil !== "number") return;
  try {
    const mine = new Set((await silences.list()).filter((one) => one.key === key).map(({ id }) => id));
    if (mine.size === 0) return;
    const isQuiet = async (): Promise<true | null> => {
      const firing = await silences.firing([target.agent]);
      return firing.some(({ silencedBy }) => silencedBy.some((id) => mine.has(id))) ? null : true;
    };
    if (settleMs > 0) await waitUntil(isQuiet, { withinMs: settleMs, everyMs: LOOK_EVERY_MS });
    for (const id of mine) await silences.end(id);
  } catch (error) {
    // It ends by itself within a minute.
    if (!isFailure(error)) throw error;
  }
}

/** A stage whose failure ends the muting at once: what is wrong now is to ring. */
export const ringOnFailure =
  (stage: (target: TargetProgress, context: ActContext) => Promise<StageResult>) =>
  async (target: TargetProgress, context: ActContext): Promise<StageResult> => {
    const result = await stage(target, context);
    if (result.state === "failed") await endMuting(target, context, 0);
    return result;
  };
