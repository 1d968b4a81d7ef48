import { setTimeout as sleep } from "node:timers/promises";
import type { ActContext, StageResult } from "./command.ts";
import { letterInput } from "./dead-letter-input.ts";
import { chooseLetters, lettersOf } from "./dead-letter-words.ts";
import type { TargetProgress } from "./domain/operation.ts";
import { counted, plain } from "./fleet-words.ts";
import type { ExpectedAgent } from "./protocol.ts";

/** How long a replayed letter may take; tests shorten it. */
export interface ReplayLimits {
  /** For the way to the agent and for its own tries. */
  readonly slackMs: number;
  readonly pollMs: number;
}
const LIMITS: ReplayLimits = { slackMs: 30_000, pollMs: 100 };

/** Most letters of one replay; the rest is left for the next. */
const MOST = 500;
/** Letters of the rest that are under way at once: an agent that fails again fails few. */
const BATCH = 20;

interface Chosen {
  readonly topic: string;
  readonly id: string;
}

/** Writes down which letters are meant, oldest first, so that a repeat means the same. */
export async function chooseForReplay(
  { agent }: TargetProgress,
  { ports, operation }: ActContext,
): Promise<StageResult> {
  const expected = await expectedOf(agent, { ports });
  const { messages } = letterInput.parse(operation.input);
  const { letters } = await lettersOf(ports, [expected]);
  const chosen = chooseLetters(letters, messages).toReversed().slice(0, MOST);
  const since = (await ports.events.read([])).now;
  if (chosen.length === 0) {
    return { state: "done", detail: "none left", ending: "done" };
  }
  const list = chosen.map(({ topic, id }): Chosen => ({ topic, id }));
  const reason = chosen[0]?.reason ?? "";
  return { state: "done", detail: String(list.length), memory: { since, reason, letters: JSON.stringify(list) } };
}

/** Hands out one letter and waits what becomes of it. */
export async function replayFirst(
  target: TargetProgress,
  context: ActContext,
  limits: ReplayLimits = LIMITS,
): Promise<StageResult> {
  const letters = chosenOf(target);
  const [first] = letters;
  if (first === undefined) return { state: "skipped" };
  const fate = await replayOne({ target, context, limits }, first);
  const left = letters.length - 1;
  const untried = left === 0 ? "" : ` — ${left} not tried`;
  const said = `Replayed 1 of ${letters.length}`;
  switch (fate.kind) {
    case "stayed-down":
      return { state: "done", detail: "it stayed down" };
    case "gone":
      return { state: "done", detail: "somebody took it meanwhile" };
    case "came-back": {
      const why = fate.reason === target.memory.reason ? "the same reason" : "another reason";
      return badly("did-not-help", `${said}, it came back with ${why}${untried}: ${plain(fate.reason, 120)}`);
    }
    case "not-an-event":
      return badly("failed", `Replayed 0 of ${letters.length}${untried}: ${fate.reason}. It can only be discarded.`);
    case "waits":
      return badly(
        "failed",
        `${said}, not handled after ${fate.seconds} s${untried}. Look at roll-call ${target.agent}.`,
      );
  }
}

/** Hands out the others, a few at a time, and stops where they come back. */
export async function replayRest(
  target: TargetProgress,
  context: ActContext,
  limits: ReplayLimits = LIMITS,
): Promise<StageResult> {
  const letters = chosenOf(target);
  let replayed = 1;
  for (let at = 1; at < letters.length; at += BATCH) {
    const batch = letters.slice(at, at + BATCH);
    const fates = await Promise.all(batch.map((letter) => replayOne({ target, context, limits }, letter)));
    replayed += batch.length;
    const bad = fates.filter(({ kind }) => kind !== "stayed-down" && kind !== "gone");
    if (bad.length > 0) {
      const back = fates.filter((fate) => fate.kind === "came-back");
      const why = back[0]?.kind === "came-back" ? `: ${plain(back[0].reason, 120)}` : "";
      const left = letters.length - replayed;
      const rest = left === 0 ? "" : ` — ${left} not tried`;
      return badly(
        "did-not-help",
        `Replayed ${replayed} of ${letters.length}, ${bad.length} did not stay down${rest}${why}`,
      );
    }
  }
  return { state: "done", detail: `${counted(letters.length, "letter")}, none came back`, ending: "done" };
}

const badly = (ending: "did-not-help" | "failed", error: string): StageResult => ({ state: "failed", error, ending });

type Fate =
  | { readonly kind: "stayed-down" | "gone" }
  | { readonly kind: "came-back"; readonly reason: string }
  | { readonly kind: "not-an-event"; readonly reason: string }
  | { readonly kind: "waits"; readonly seconds: number };

interface Replay {
  readonly target: TargetProgress;
  readonly context: ActContext;
  readonly limits: ReplayLimits;
}

async function replayOne({ target, context, limits }: Replay, { topic, id }: Chosen): Promise<Fate> {
  const { ports, operation } = context;
  const { agent, memory } = target;
  const order = { letter: { id, topic, agent }, mark: `${operation.id}:${agent}:${id}`, since: Number(memory.since) };
  const replayed = await ports.events.replay(order);
  if (replayed.kind !== "published") return replayed;
  const { normalSeconds } = await expectedOf(agent, context);
  const waitMs = limits.slackMs + 3000 * normalSeconds;
  for (const began = performance.now(); performance.now() - began < waitMs; await sleep(limits.pollMs)) {
    const taken = await ports.events.readTaken(topic, replayed.entryId, [agent]);
    if (!taken.has(agent)) continue;
    // An agent puts aside before it acknowledges, so what is not there now never comes.
    const reason = await ports.events.readComeback(topic, { agent, entryId: replayed.entryId });
    return reason === null ? { kind: "stayed-down" } : { kind: "came-back", reason };
  }
  return { kind: "waits", seconds: Math.round(waitMs / 1000) };
}

async function expectedOf(agent: string, { ports }: Pick<ActContext, "ports">): Promise<ExpectedAgent> {
  const { agents } = await ports.registry.expected();
  const found = agents.find(({ id }) => id === agent);
  if (found === undefined) throw new Error(`${agent} is expected no more`);
  return found;
}

const chosenOf = ({ memory }: TargetProgress): Chosen[] => JSON.parse(String(memory.letters ?? "[]")) as Chosen[];
