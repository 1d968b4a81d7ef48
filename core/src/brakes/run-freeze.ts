import type { ActContext, Ports, ReadContext, StageResult } from "../command.ts";
import { EXEMPT } from "../domain/agent-labels.ts";
import { auditEntry } from "../domain/audit.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { counted, listed } from "../fleet-words.ts";
import { personNow } from "../person-actor.ts";
import { decide, rightsOf } from "../policy.ts";
import type { Freezes } from "../ports/freezes.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { remindAgents } from "../remind-agents.ts";
import { waitUntil } from "../wait-until.ts";
import type { ActiveFreeze, Thawed } from "./freeze.ts";

/** What freeze and thaw work on: one at a time, whomever they are about. An agent under another command is no obstacle. */
export const FREEZE_SUBJECT = "freeze";
/** Whoever did not hear the order is reminded by the leader after some seconds, and says every five what it does. */
const OBEY_MS = 20_000;
const LOOK_EVERY_MS = 500;

export const isExempt = ({ labels }: Pick<ExpectedAgent, "labels">): boolean => labels[EXEMPT] === "true";

/** @throws Failure "unavailable" where nothing is stored */
export function freezesOf({ freezes }: Pick<Ports, "freezes">): Freezes {
  if (freezes !== undefined) return freezes;
  throw new Failure("unavailable", "nothing is stored here, so nothing can be frozen");
}

/** Pauses all of them at once, in one transaction with what they were. A repeat of the stage is the same freeze. */
export async function freezeAgents(
  agents: readonly ExpectedAgent[],
  lastsMs: number,
  context: ActContext,
): Promise<StageResult> {
  const { ports, operation } = context;
  const refused = mayTouch(agents, context);
  if (refused !== null) return { state: "failed", error: refused, ending: "refused" };
  const now = ports.clock.now();
  const freeze = await freezesOf(ports).begin({
    ...{ operation: operation.id, agents: agents.map(({ id }) => id), by: operation.actor.name },
    ...{ reason: operation.reason, now, endsAt: now + lastsMs, audit: entryOf(context, "frozen") },
  });
  await ports.registry.refresh?.();
  return { state: "done", detail: frozenWords(freeze), memory: { freeze: freeze.id } };
}

/** Ends a freeze. A repeat of the stage finds it ended. */
export async function thawFreeze(id: string, context: ActContext): Promise<StageResult> {
  const { ports, operation } = context;
  const end = { id, by: operation.actor.name, now: ports.clock.now(), audit: entryOf(context, "thawed") };
  const thawed = await freezesOf(ports).end(end);
  await ports.registry.refresh?.();
  return thawed === null
    ? { state: "skipped", detail: `${id} has ended already` }
    : { state: "done", detail: `${id}: ${thawedWords(thawed)}`, memory: { resumed: thawed.resumed.join(",") } };
}

/**
 * Tells these agents what is wanted of them now, and waits until they say themselves that they are paused, or that they are
 * not any more; whoever is gone cannot.
 */
export async function awaitObeyed(
  agents: readonly string[],
  wanted: "paused" | "at work",
  { ports }: ActContext,
): Promise<StageResult> {
  await remindAgents(ports, { reminded: new Map(), changed: agents, among: agents });
  let left: readonly string[] = agents;
  const look = async (): Promise<true | null> => {
    const presence = await ports.bus.readPresence(agents);
    left = agents.filter((id) => {
      const activity = presence.get(id)?.beat?.activity;
      return activity !== undefined && (activity === "paused") !== (wanted === "paused");
    });
    return left.length === 0 ? true : null;
  };
  const { value, failure } = await waitUntil(look, { withinMs: OBEY_MS, everyMs: LOOK_EVERY_MS });
  if (value !== null) return { state: "done", ending: "done" };
  if (failure !== null) throw failure;
  const detail = `${listed(left)} ${left.length === 1 ? "does" : "do"} not say so yet and ${left.length === 1 ? "is" : "are"} told again`;
  return { state: "skipped", detail, ending: "done" };
}

/** Who wants it must still be allowed to touch exactly these agents. @returns why not, or null */
function mayTouch(targets: readonly ExpectedAgent[], { ports, operation, commands }: ActContext): string | null {
  const command = commands.find(({ name }) => name === operation.command);
  if (command === undefined) return null;
  const scope = { targets, fleetSize: targets.length, secondPerson: null, isAccepted: true };
  const decision = decide({ actor: personNow(operation.actor, ports), command, ...rightsOf(ports), scope });
  return decision.allowed ? null : decision.why;
}

const entryOf = ({ operation }: ActContext, action: string) =>
  auditEntry({
    ...{ event: "desired-state", actor: operation.actor.id, door: operation.door, command: operation.command, action },
    ...{ reason: operation.reason, operationId: operation.id, requestId: operation.requestId },
  });

const timeIsOver = (command: string) =>
  auditEntry({ event: "desired-state", actor: "rollcall", door: "schedule", action: "time is over", command });

/** "fz-3: 18 paused, 2 were off, until 03:15" */
export function frozenWords({ id, members, endsAt }: ActiveFreeze): string {
  const held = members.filter(({ heldSince }) => heldSince !== null).length;
  const off = members.length - held;
  return `${id}: ${held} paused${off === 0 ? "" : `, ${off} ${off === 1 ? "was" : "were"} off`}, until ${timeToken(endsAt)}`;
}

/** "16 resume, 1 stays paused, 1 was changed meanwhile: billing" */
export function thawedWords({ resumed, stillPaused, changed }: Thawed): string {
  return [
    `${counted(resumed.length, "agent")} resumed`,
    ...(stillPaused.length === 0 ? [] : [`${listed(stillPaused)} paused by something else`]),
    ...(changed.length === 0 ? [] : [`${listed(changed)} changed meanwhile and left so`]),
  ].join(", ");
}

/** The freeze that is meant. @throws Failure "not_found", "invalid_input" if it is not clear which */
export async function freezeMeant(
  id: string | undefined,
  { ports }: Pick<ReadContext, "ports">,
): Promise<ActiveFreeze> {
  const active = await freezesOf(ports).active();
  const ids = active.map((freeze) => freeze.id);
  const found = id === undefined && active.length === 1 ? active[0] : active.find((freeze) => freeze.id === id);
  if (found !== undefined) return found;
  if (active.length === 0) throw new Failure("not_found", "Nothing is frozen", { next: "Nothing was done." });
  const detail = { allowed: ids, next: `Say which: ${ids.join(", ")}. Nothing was done.` };
  if (id === undefined) throw new Failure("invalid_input", `${counted(active.length, "freeze")} hold`, detail);
  throw new Failure("not_found", `${id} is no freeze that holds`, { ...detail, found: id });
}

/** A second and a half early, so that the freeze ends its pauses itself before their time is over. */
const EARLY_MS = 1500;

/** Ends the freezes whose time is over. @returns what each came to, by id @throws Failure "unavailable" */
export async function endDueFreezes({
  freezes,
  registry,
  clock,
}: Pick<Ports, "freezes" | "registry" | "clock">): Promise<Map<string, Thawed>> {
  const ended = new Map<string, Thawed>();
  const now = clock.now();
  for (const { id, endsAt } of (await freezes?.active()) ?? []) {
    if (endsAt > now + EARLY_MS) continue;
    const thawed = await freezes?.end({ id, by: "Rollcall", now: Math.max(now, endsAt), audit: timeIsOver("freeze") });
    if (thawed != null) ended.set(id, thawed);
  }
  if (ended.size > 0) await registry.refresh?.();
  return ended;
}
