import type { ActContext, Ports, ReadContext, StageResult } from "../command.ts";
import { auditEntry } from "../domain/audit.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { type MaintenanceWindow, silencesOfWindow } from "../domain/maintenance.ts";
import { timeToken } from "../domain/report.ts";
import type { WantedSilence } from "../domain/silence.ts";
import { listed } from "../fleet-words.ts";
import type { Maintenance } from "../ports/maintenance.ts";

/** @throws Failure "unavailable" where nothing is stored */
export function maintenanceOf({ maintenance }: Pick<Ports, "maintenance">): Maintenance {
  if (maintenance !== undefined) return maintenance;
  throw new Failure("unavailable", "nothing is stored here, so nothing can be in maintenance");
}

/** Opens a window and mutes its agents. An Alertmanager that is away is tried again every few seconds. */
export async function openWindow(
  agents: readonly string[],
  lastsMs: number,
  context: ActContext,
): Promise<StageResult> {
  const { ports, operation } = context;
  const now = ports.clock.now();
  const window = await maintenanceOf(ports).begin({
    ...{ operation: operation.id, agents, by: operation.actor.name, reason: operation.reason, now },
    ...{ endsAt: now + lastsMs, audit: entryOf(context, "opened") },
  });
  const problem = await muteNow(window, ports);
  const words = windowWords(window);
  return { state: "done", ending: "done", detail: problem === null ? words : `${words}; not muted yet: ${problem}` };
}

async function muteNow(window: MaintenanceWindow, ports: Ports): Promise<string | null> {
  const { silences, clock } = ports;
  if (silences === undefined) return "no Alertmanager is named";
  try {
    for (const silence of await silencesOfWindows([window], ports)) await silences.put(silence, clock.now());
    return null;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.message;
  }
}

/** What these windows want muted by now: what somebody was told of is left out until its end was told, too. */
export async function silencesOfWindows(
  windows: readonly MaintenanceWindow[],
  { incidents }: Pick<Ports, "incidents">,
): Promise<WantedSilence[]> {
  if (windows.length === 0) return [];
  const firing = new Map<string, Set<string>>();
  for (const { alerts } of await incidents.open())
    for (const { agent, alertname, firing: isFiring } of alerts)
      if (isFiring && agent !== null) firing.set(agent, (firing.get(agent) ?? new Set()).add(alertname));
  return windows.flatMap((window) => silencesOfWindow(window, firing));
}

/** Ends a window, and its silences at once. A repeat of the stage finds it ended. */
export async function closeWindow(id: string, context: ActContext): Promise<StageResult> {
  const { ports, operation } = context;
  const end = { id, by: operation.actor.name, now: ports.clock.now(), audit: entryOf(context, "ended") };
  const window = await maintenanceOf(ports).end(end);
  await unmute(id, ports);
  if (window === null) return { state: "skipped", detail: `${id} has ended already`, ending: "done" };
  return { state: "done", detail: `alerts of ${listed(window.agents)} ring again`, ending: "done" };
}

async function unmute(id: string, { silences }: Ports): Promise<void> {
  try {
    for (const one of (await silences?.list()) ?? []) if (one.key === id) await silences?.end(one.id);
  } catch (error) {
    // The leader ends what is over, again and again.
    if (!isFailure(error)) throw error;
  }
}

/** Ends those whose time is over. @returns their ids @throws Failure "unavailable" */
export async function endDueWindows({ maintenance, clock }: Pick<Ports, "maintenance" | "clock">): Promise<string[]> {
  const due = ((await maintenance?.open()) ?? []).filter(({ endsAt }) => endsAt <= clock.now());
  const audit = auditEntry({
    event: "configuration",
    actor: "rollcall",
    door: "schedule",
    action: "maintenance ended",
  });
  for (const { id } of due) await maintenance?.end({ id, by: "Rollcall", now: clock.now(), audit });
  return due.map(({ id }) => id);
}

const entryOf = ({ operation }: ActContext, what: string) =>
  auditEntry({
    ...{ event: "configuration", actor: operation.actor.id, door: operation.door, command: operation.command },
    ...{ action: `maintenance ${what}`, reason: operation.reason },
    ...{ operationId: operation.id, requestId: operation.requestId },
  });

/** "mw-3: billing, invoices until 03:15" */
export const windowWords = ({ id, agents, endsAt }: MaintenanceWindow): string =>
  `${id}: ${listed(agents)} until ${timeToken(endsAt)}`;

/** @throws Failure "not_found" with those that are open */
export async function windowMeant(id: string, { ports }: Pick<ReadContext, "ports">): Promise<MaintenanceWindow> {
  const open = await maintenanceOf(ports).open();
  const found = open.find((window) => window.id === id);
  if (found !== undefined) return found;
  const ids = open.map((window) => window.id);
  const next = ids.length === 0 ? "Nothing is in maintenance." : `Open are ${listed(ids)}.`;
  throw new Failure("not_found", `${id} is no maintenance window that is open`, {
    ...{ found: id, allowed: ids, next: `${next} Nothing was done.` },
  });
}
