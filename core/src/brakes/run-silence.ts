import type { ActContext, Ports, ReadContext, StageResult } from "../command.ts";
import {
  type AskedSilence,
  agentsOfSilence,
  type MutedAlert,
  SILENCE_ID,
  silenceOf,
  silencesOfAsked,
} from "../domain/asked-silence.ts";
import { auditEntry } from "../domain/audit.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { isMeasured } from "../domain/incident.ts";
import { timeToken } from "../domain/report.ts";
import { counted, listed } from "../fleet-words.ts";
import type { AskedSilences } from "../ports/asked-silences.ts";
import type { Silences } from "../ports/silences.ts";
import { takeOver } from "../take-incident.ts";

/** How an incident was taken by whoever silenced it; it is given back at the end. */
export const BY_SILENCING = "by silencing";

/** @throws Failure "unavailable" where nothing is stored */
export function silencingOf({ askedSilences }: Pick<Ports, "askedSilences">): AskedSilences {
  if (askedSilences !== undefined) return askedSilences;
  throw new Failure("unavailable", "nothing is stored here, so nothing can be silenced");
}

/** @throws Failure "unavailable" where nothing can be muted */
export function requireMuting({ silences }: Pick<Ports, "silences">): void {
  if (silences !== undefined) return;
  throw new Failure("unavailable", "no Alertmanager is named, so nothing can be silenced", {
    next: "Set ALERTMANAGER_URL. Nothing was done.",
  });
}

/**
 * What fires of these agents now: what somebody was told of, and what Alertmanager is about to tell. An Alertmanager that is
 * away is not waited for: what nobody was told of cannot be meant.
 * @throws Failure "unavailable"
 */
export async function firingOf(
  agents: readonly string[],
  { incidents, silences }: Pick<Ports, "incidents" | "silences">,
): Promise<MutedAlert[]> {
  const [open, active] = await Promise.all([incidents.open(), activeOf(agents, silences)]);
  // Alertmanager knows nothing of what somebody opened by hand, so it cannot be muted.
  const told = open.filter(isMeasured).flatMap(({ alerts }) => alerts.filter(({ firing }) => firing));
  const found = new Map<string, MutedAlert>();
  for (const { agent, alertname } of [...told, ...active])
    if (agent !== null && agents.includes(agent)) found.set(`${agent} ${alertname}`, { agent, alertname });
  return [...found.values()].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

const keyOf = ({ agent, alertname }: MutedAlert): string => `${agent} ${alertname}`;

async function activeOf(agents: readonly string[], silences: Silences | undefined): Promise<MutedAlert[]> {
  if (agents.length === 0) return [];
  try {
    const active = (await silences?.firing(agents)) ?? [];
    return active.filter(({ silencedBy }) => silencedBy.length === 0);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return [];
  }
}

/** "Mutes 2 alert names of 1 agent (AgentGone, EventsLost); all others still ring" */
export function mutesWords(mutes: readonly MutedAlert[]): string {
  const names = [...new Set(mutes.map(({ alertname }) => alertname))].toSorted();
  const agents = agentsOfSilence({ mutes });
  const what = `Mutes ${counted(names.length, "alert name")} of ${counted(agents.length, "agent")}`;
  return `${what} (${listed(names, 3)}); all others still ring`;
}

/** Begins a silence and mutes at once. An Alertmanager that is away is tried again every few seconds. */
export async function beginSilence(
  { agents, endsAt, reason }: { agents: readonly string[]; endsAt: number; reason: string },
  context: ActContext,
): Promise<StageResult> {
  const { ports, operation } = context;
  const store = silencingOf(ports);
  const now = ports.clock.now();
  const mutes = await firingOf(agents, ports);
  const known = await store.ofOperation(operation.id);
  if (known === null && mutes.length === 0)
    return { state: "skipped", ending: "done", detail: `what fired of ${listed(agents, 3)} has ended since` };
  if (known === null && endsAt <= now)
    return { state: "skipped", ending: "done", detail: `it was to end at ${timeToken(endsAt)}` };
  const { id, name, slackUser } = operation.actor;
  const audit = entryOf(context, "begun");
  const draft = { operation: operation.id, mutes, asker: { id, name, slackUser }, reason, now, endsAt, audit };
  const silence = known ?? (await store.begin(draft));
  const problems = [await muteNow(silence, ports), await takeWhatIsQuiet(silence, context)];
  const words = `${silence.id} until ${timeToken(silence.endsAt)}: ${mutesWords(silence.mutes)}`;
  const detail = [words, ...problems.filter((problem) => problem !== null)].join("; ");
  return { state: "done", ending: "done", detail, memory: { silence: silence.id } };
}

async function muteNow(silence: AskedSilence, { silences, clock }: Ports): Promise<string | null> {
  try {
    const found = (await silences?.list()) ?? [];
    // A repeat of the stage finds what it has put.
    if (found.some(({ key }) => key === silence.id)) return null;
    for (const wanted of silencesOfAsked(silence)) await silences?.put(wanted, clock.now());
    return null;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return `not muted yet: ${error.message}`;
  }
}

/** Whoever silences it knows of it: phones that ring by now are silent, too. */
async function takeWhatIsQuiet(silence: AskedSilence, context: ActContext): Promise<string | null> {
  const open = await context.ports.incidents.open();
  const quiet = open.filter((incident) => incident.acknowledgedBy === null && silenceOf(incident, [silence]) !== null);
  for (const incident of quiet) {
    const untold = await takeOver(incident, BY_SILENCING, context);
    if (untold !== null) return untold;
  }
  return null;
}

/** Ends a silence at once. A repeat of the stage finds it ended. */
export async function endSilence(id: string, context: ActContext): Promise<StageResult> {
  const { ports, operation } = context;
  const end = { id, by: operation.actor.name, now: ports.clock.now(), audit: entryOf(context, "ended") };
  const silence = await silencingOf(ports).end(end);
  await unmute(id, ports);
  if (silence === null) return { state: "skipped", detail: `${id} has ended already`, ending: "done" };
  return { state: "done", detail: `alerts of ${listed(agentsOfSilence(silence))} ring again`, ending: "done" };
}

async function unmute(id: string, { silences }: Ports): Promise<void> {
  try {
    for (const one of (await silences?.list()) ?? []) if (one.key === id) await silences?.end(one.id);
  } catch (error) {
    // The leader ends what is over, again and again.
    if (!isFailure(error)) throw error;
  }
}

/** Ends those whose time is over. @throws Failure "unavailable" */
export async function endDueSilences({ askedSilences, clock }: Pick<Ports, "askedSilences" | "clock">): Promise<void> {
  const due = ((await askedSilences?.open()) ?? []).filter(({ endsAt }) => endsAt <= clock.now());
  const audit = auditEntry({ event: "configuration", actor: "rollcall", door: "schedule", action: "silence ended" });
  for (const { id } of due) await askedSilences?.end({ id, by: "Rollcall", now: clock.now(), audit });
}

const entryOf = ({ operation }: ActContext, what: string) =>
  auditEntry({
    ...{ event: "configuration", actor: operation.actor.id, door: operation.door, command: operation.command },
    ...{ action: `silence ${what}`, reason: operation.reason },
    ...{ operationId: operation.id, requestId: operation.requestId },
  });

/** "🔕 sil-3: billing until 04:10" */
export const silenceWords = (silence: AskedSilence): string =>
  `🔕 ${silence.id}: ${listed(agentsOfSilence(silence))} until ${timeToken(silence.endsAt)}`;

/** @throws Failure "not_found" with those that hold */
export async function silenceMeant(id: string, { ports }: Pick<ReadContext, "ports">): Promise<AskedSilence> {
  const open = await silencingOf(ports).open();
  const found = SILENCE_ID.test(id) ? open.find((silence) => silence.id === id) : undefined;
  if (found !== undefined) return found;
  const ids = open.map((silence) => silence.id);
  const next = ids.length === 0 ? "Nothing is silenced." : `Silences: ${listed(ids)}.`;
  throw new Failure("not_found", `${id} is no silence that holds`, {
    ...{ found: id, allowed: ids, next: `${next} Nothing was done.` },
  });
}
