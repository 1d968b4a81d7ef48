import type { Ports } from "../command.ts";
import { isEnded, type Operation } from "../domain/operation.ts";
import type { FoundSilence, WantedSilence } from "../domain/silence.ts";
import { silencesOfOperation } from "./mute-restart.ts";
import { planSilences } from "./plan-silences.ts";

/** More operations than this do not run at once: each agent is in one at most, and silences are for agents. */
const MOST_RUNNING = 1000;

/**
 * Makes Alertmanager's silences what running restarts want, again and again: renewed while they run, opened anew where
 * Alertmanager has lost them, ended where a process died before it could. What is not renewed ends by itself.
 * @param windows silences of maintenance windows that are open, and which of them are over
 * @returns what is wanted
 * @throws Failure "unavailable"
 */
export async function keepSilences(
  { silences, operations, clock }: Pick<Ports, "silences" | "operations" | "clock">,
  windows: { readonly wanted: readonly WantedSilence[]; readonly isOver: (key: string) => boolean },
): Promise<readonly WantedSilence[]> {
  if (silences === undefined) return [];
  const running = await operations.list({ running: true, limit: MOST_RUNNING });
  const wanted = [...running.flatMap(silencesOfOperation), ...windows.wanted];
  const found = await silences.list();
  const ended = await endedOf(found, running, operations);
  const now = clock.now();
  const plan = planSilences({ wanted, found }, now, (key) => ended.has(key) || windows.isOver(key));
  // First what is wanted, so that what is changed is muted all the time.
  for (const { silence, found: one } of plan.put) await silences.put(silence, now, one);
  for (const { id } of plan.end) await silences.end(id);
  return wanted;
}

/** Keys of silences whose operation has ended: its process died before it could end them. */
async function endedOf(
  found: readonly FoundSilence[],
  running: readonly Operation[],
  operations: Ports["operations"],
): Promise<Set<string>> {
  const ended = new Set<string>();
  for (const { key } of found) {
    const [id = ""] = key.split("/");
    if (!id.startsWith("op-") || running.some((one) => one.id === id)) continue;
    const operation = await operations.find(id);
    if (operation === null || isEnded(operation)) ended.add(key);
  }
  return ended;
}
