import { CANCEL_COMMAND } from "@rollcall/core/diagnostic-cancel.ts";
import { countsOf, DIAGNOSTICS_COMMAND, toRun } from "@rollcall/core/diagnostic-run.ts";
import type { Ending, Operation, TargetProgress } from "@rollcall/core/domain/operation.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import { foreign, nameSome } from "./text.ts";

/** How a command is spoken of while it runs, and when it has done what it was asked to. */
interface Verb {
  readonly running: string;
  readonly past: string;
  readonly noun: string;
  /** The bold words when all is done, if not "billing stopped in 5 s". */
  readonly done?: (subject: string) => string;
  /** It tells by its error how far it came; "came back, but …" is for what stops and starts. */
  readonly tellsItself?: true;
}

const VERBS: Readonly<Record<string, Verb>> = {
  restart: { running: "Restarting", past: "restarted", noun: "Restart" },
  start: { running: "Starting", past: "started", noun: "Start" },
  stop: { running: "Stopping", past: "stopped", noun: "Stop" },
  freeze: { running: "Freezing", past: "frozen", noun: "Freeze", done: (subject) => `${subject} frozen` },
  thaw: { running: "Thawing", past: "thawed", noun: "Thaw", done: (subject) => `${subject} thawed` },
  maintenance: {
    ...{ running: "Opening maintenance of", past: "", noun: "Maintenance" },
    done: (subject) => `${subject} in maintenance`,
  },
  "maintenance-end": {
    ...{ running: "Ending maintenance", past: "", noun: "End of maintenance" },
    done: (subject) => `Maintenance ${subject} ended`,
  },
  silence: {
    ...{ running: "Silencing", past: "", noun: "Silence" },
    done: (subject) => `${subject} silenced`,
  },
  unsilence: {
    ...{ running: "Ending silence", past: "", noun: "End of silence" },
    done: (subject) => `Silence ${subject} ended`,
  },
  pause: { running: "Pausing", past: "paused", noun: "Pause", done: (subject) => `${subject} paused` },
  resume: { running: "Resuming", past: "resumed", noun: "Resuming", done: (subject) => `${subject} resumed` },
  drain: { running: "Draining", past: "drained", noun: "Drain", done: (subject) => `${subject} drained and stopped` },
  "run-now": { running: "Beginning a run of", past: "", noun: "Run", done: (subject) => `A run of ${subject} began` },
  scale: { running: "Scaling", past: "scaled", noun: "Scaling" },
  drill: { running: "Drilling", past: "", noun: "Drill", done: (subject) => `Drill on ${subject} began` },
  [DIAGNOSTICS_COMMAND]: { running: "Diagnostics", past: "diagnosed", noun: "Diagnostics" },
  [CANCEL_COMMAND]: { running: "Cancelling", past: "", noun: "Cancelling", done: (subject) => `${subject} cancelled` },
  replay: {
    ...{ running: "Replaying dead letters of", past: "", noun: "Replay", tellsItself: true },
    done: (subject) => `Dead letters of ${subject} replayed`,
  },
  discard: {
    ...{ running: "Discarding dead letters of", past: "", noun: "Discard" },
    done: (subject) => `Dead letters of ${subject} discarded`,
  },
  cancel: { running: "Cancelling", past: "", noun: "Cancelling", done: (subject) => `${subject} cancelled` },
  continue: { running: "Continuing", past: "", noun: "Continuing", done: (subject) => `${subject} goes on` },
  give: { running: "Offering", past: "", noun: "Offer", done: (subject) => `${subject} offered` },
  "give-accept": { running: "Taking", past: "", noun: "Taking", done: (subject) => `${subject} taken over` },
  "give-decline": { running: "Declining", past: "", noun: "Answer", done: (subject) => `${subject} not taken over` },
  unack: {
    ...{ running: "Giving back", past: "", noun: "Giving back" },
    done: (subject) => `${subject} given back: nobody has it, and PagerDuty rings nobody for it`,
  },
  ack: { running: "Acknowledging", past: "", noun: "Acknowledgement", done: (subject) => `${subject} acknowledged` },
};

export function verbOf(command: string): Verb {
  const name = foreign(command, 30);
  return (
    VERBS[command] ?? {
      running: `Running ${name} on`,
      past: `${name} done`,
      noun: name.slice(0, 1).toUpperCase() + name.slice(1),
    }
  );
}

/** What is off afterwards, on purpose, is not marked as well done. */
const OFF_MARKS: Readonly<Record<string, string>> = { stop: "⏹", drain: "⏹", pause: "⏸" };

/** Seconds from acceptance to the end, or to now. */
export const tookSeconds = (operation: Operation, now: number): number =>
  Math.max(0, ((operation.endedAt ?? now) - (operation.startedAt ?? operation.createdAt)) / 1000);

/** The agents it is about, or what it is about if they are none. */
export function subjectOf(operation: Pick<Operation, "targets" | "incidentId" | "command" | "input">): string {
  const { input } = operation;
  const ofWords = wordsOfBrake(operation);
  if (ofWords !== null) return ofWords;
  if (operation.command === DIAGNOSTICS_COMMAND) return `suite ${suiteOf(operation)}`;
  const names = operation.targets.map((target) => foreign(target.agent, 63));
  // Each has a line of its own below; a headline of more names would be cut before its verdict.
  if (names.length > 3) return selectorOf(input) ?? `${names.length} agents`;
  if (names.length > 0) return nameSome(names);
  return operation.incidentId ?? operation.command;
}

/** Freezes and maintenance windows are of no agents one by one: whom they are about stands in what was typed. */
function wordsOfBrake({ command, input }: Pick<Operation, "command" | "input">): string | null {
  if (!["freeze", "thaw", "maintenance", "maintenance-end", "silence", "unsilence"].includes(command)) return null;
  const { who, freeze, window, silence } = (input ?? {}) as Readonly<Record<string, unknown>>;
  const words = Array.isArray(who) ? who : [freeze ?? window ?? silence ?? "what is frozen"];
  return nameSome(words.map((word) => foreign(String(word), 63)));
}

/** "@content", if many agents were chosen by one word. */
function selectorOf(input: unknown): string | null {
  const who = (input as { who?: unknown } | null)?.who;
  const [word] = Array.isArray(who) && who.length === 1 ? who : [];
  return typeof word === "string" && word.length <= 40 ? (word === "all" ? "all agents" : foreign(word, 40)) : null;
}

/** The mark and the bold words of a headline: "✅", "billing recovered in 41 s". */
export function verdictWords(operation: Operation, now: number): { mark: string; words: string } {
  if (operation.command === DIAGNOSTICS_COMMAND) return diagnosticsWords(operation, now);
  const subject = subjectOf(operation);
  const { running, past, noun, done } = verbOf(operation.command);
  if (operation.state !== "ended" || operation.ending === null) return { mark: "⏳", words: `${running} ${subject}` };
  const isFoundOut = operation.knownAt !== undefined;
  // How long it took until it was found out says nothing of the agent.
  const took = isFoundOut ? "" : ` in ${wholeDuration(tookSeconds(operation, now))}`;
  const known: Record<Ending, { mark: string; words: string }> = {
    done: {
      mark: OFF_MARKS[operation.command] ?? "✅",
      words: done?.(subject) ?? `${subject} ${past}${took}`,
    },
    recovered: { mark: "✅", words: `${subject} recovered${took}` },
    "did-not-help": {
      mark: "⚠️",
      words: ownWords(operation) ?? `${subject} came back, but the ${noun.toLowerCase()} did not help`,
    },
    "did-not-come-back": { mark: "❌", words: `${subject} did not come back` },
    failed: { mark: "❌", words: `${noun} of ${subject} failed` },
    refused: { mark: "🚫", words: `${noun} of ${subject} was refused` },
    expired: { mark: "⌛", words: `${noun} of ${subject} expired` },
    cancelled: { mark: "⏹", words: `${noun} of ${subject} was cancelled` },
    partly: { mark: "◐", words: `${noun} partly done, ${countWell(operation.targets)} of ${operation.targets.length}` },
    unknown: {
      mark: "❔",
      words: `${noun} of ${subject}: outcome unknown, ${isFoundOut ? "nobody can tell any more" : "still asking"}`,
    },
    // An agent's ending, never that of the whole.
    "not-touched": { mark: "○", words: `${subject} not touched` },
  };
  return known[operation.ending];
}

const suiteOf = ({ input }: Pick<Operation, "input">): string =>
  foreign(String((input as { suite?: unknown } | null)?.suite ?? ""), 20);

/** "diagnostics smoke · 7 of 12" while it runs, "diagnostics smoke: 11 passed, 1 failed in 4 s" at its end. */
function diagnosticsWords(operation: Operation, now: number): { mark: string; words: string } {
  const run = toRun(operation);
  const name = `diagnostics ${suiteOf(operation)}`;
  if (run.state === "running") {
    return { mark: "⏳", words: `${name} · ${run.passed + run.failed + run.skipped} of ${run.total}` };
  }
  const mark = { passed: "✅", failed: "❌", cancelled: "⏹", unknown: "❔" }[run.state];
  const ended = run.state === "cancelled" ? `${name} cancelled` : name;
  return { mark, words: `${ended}: ${countsOf(run)} in ${wholeDuration(tookSeconds(operation, now))}` };
}

/** "Replayed 1 of 25, it came back with the same reason — 24 not tried", of a command that says it best itself. */
export function ownWords({ command, error, targets }: Operation): string | null {
  if (error === null || verbOf(command).tellsItself !== true || targets.length > 1) return null;
  return foreign(error.split(": ")[0] ?? error, 200);
}

const WELL: readonly (Ending | null)[] = ["done", "recovered"];

export const endedWell = (target: Pick<TargetProgress, "ending">): boolean => WELL.includes(target.ending);

const countWell = (targets: readonly TargetProgress[]): number => targets.filter(endedWell).length;
