import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import { figureWords } from "@rollcall/core/domain/before-after.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import { bulkWords } from "@rollcall/core/domain/progress.ts";
import { CANCEL_OPERATION, CONTINUE_OPERATION } from "@rollcall/core/operation-wishes.ts";
import { takingBack } from "@rollcall/core/undo.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import type { KnownBlock, SectionBlock } from "@slack/types";
import { card, context, fields, HEADLINE_CHARACTERS, joined, optional, section } from "./blocks.ts";
import { buttonRow, type OrderButton } from "./buttons.ts";
import { type Links, linked, operationPage } from "./links.ts";
import { mutedWords } from "./muted-words.ts";
import { endedWell, ownWords, subjectOf, tookSeconds, verbOf, verdictWords } from "./operation-words.ts";
import { progressWords, targetLines } from "./stage-line.ts";
import { clockTime, cut, foreign, lockScreen } from "./text.ts";

/** What a message needs beside its row. */
export interface Frame {
  readonly links: Links;
  /** Milliseconds since the epoch at which the message is written. */
  readonly now: number;
  /** Minutes by which Slack was behind, if it was away; null if not. */
  readonly behindMinutes: number | null;
}

/** The one message of an operation, from queued to its ending. */
export function operationMessage(operation: Operation, frame: Frame): ChatMessage {
  const { mark, words } = verdictWords(operation, frame.now);
  const shown = cut(words, HEADLINE_CHARACTERS - 12);
  const headline = `${mark} *${linked(operationPage(frame.links, operation.id), shown)}* (${operation.id})`;
  return card(operationText(operation, frame.now), [
    section(headline),
    context(originWords(operation, frame)),
    ...stageSection(operation, frame.now),
    ...undoButton(operation, frame.now),
    ...operationButtons(operation),
  ]);
}

/** For ten minutes, and once. */
function undoButton(operation: Operation, now: number): KnownBlock[] {
  const back = takingBack(operation, now);
  return back === null
    ? []
    : buttonRow([{ label: "Undo", order: { command: back.command, input: {}, undo: operation.id } }]);
}

/** Of many agents: what somebody may say how it goes on. */
function operationButtons({ id, state, bulk, targets }: Operation): KnownBlock[] {
  if (bulk === undefined || state === "ended") return [];
  const input = { operation: id };
  const open = targets.filter(({ ending }) => ending === null).length;
  const left = `${open} ${open === 1 ? "agent is" : "agents are"} not touched yet`;
  const allowed = `${bulk.budget} more ${bulk.budget === 1 ? "failure is" : "failures are"} allowed`;
  if (state === "waiting")
    return buttonRow([
      {
        label: "Continue…",
        order: { command: CONTINUE_OPERATION, input },
        confirm: { title: `Continue ${id}?`, text: `${left}. It goes on with them; ${allowed}.`, yes: "Continue" },
      },
      { label: "Abort", order: { command: CANCEL_OPERATION, input }, danger: true, confirm: cancelWords(id) },
    ]);
  return buttonRow([{ label: "Cancel…", order: { command: CANCEL_OPERATION, input }, confirm: cancelWords(id) }]);
}

const cancelWords = (id: string): NonNullable<OrderButton["confirm"]> => ({
  title: `Cancel ${id}?`,
  text: "What is begun is brought to its end; nothing further is touched. It cannot go on after that.",
  yes: "Cancel it",
});

/** The running or ended stages as they stand in a message of their own and in an incident's card. */
export function stageSection(operation: Operation, now: number): (SectionBlock & { optional?: true })[] {
  const progress = progressWords(operation, now);
  const lines = targetLines(operation);
  const text = lines.length === 1 ? joined([progress, lines[0]]) : [progress, ...lines].filter(Boolean).join("\n");
  const error = operation.error === null ? "" : foreign(operation.error, 200);
  const figures = isEnded(operation) ? figureWords(operation.targets) : [];
  return [
    ...(text === "" ? [] : [section(text)]),
    ...(error === "" ? [] : [optional(section(error))]),
    ...fields(figures.map(({ label, value }) => `*${label}* ${foreign(value, 100)}`)).map(optional),
  ];
}

/** "by @Operator on call 02:41:26 · "reason" · as of 02:41:28" */
function originWords(operation: Operation, { now, behindMinutes }: Frame): string {
  const stop = operation.state === "waiting" ? operation.bulk?.stops.at(-1) : undefined;
  return joined([
    `by ${actorName(operation)} ${clockTime(operation.createdAt)}`,
    operation.approval !== undefined && `approved by @${foreign(operation.approval.name, 60)}`,
    operation.endedAt !== null && `ended ${clockTime(operation.endedAt)}`,
    operation.undoneBy !== undefined && `undone by ${operation.undoneBy}`,
    operation.knownAt !== undefined && `known since ${clockTime(operation.knownAt)}`,
    operation.reason !== null && `"${foreign(operation.reason, 100)}"`,
    operation.state === "queued" && "waits for its turn",
    stop !== undefined && `waits for an answer until ${clockTime(stop.until)}, then it ends`,
    mutedWords(operation, now),
    !isEnded(operation) && `as of ${clockTime(now)}`,
    behindWords(behindMinutes),
  ]);
}

export const behindWords = (minutes: number | null): string | null =>
  minutes === null ? null : `this message was ${minutes} min behind`;

/** A name, not a mention: only the ending buzzes. */
export const actorName = ({ actor }: Pick<Operation, "actor">): string =>
  actor.person ? `@${foreign(actor.name, 60)}` : foreign(actor.name, 60);

/** For the lock screen: durations instead of clock times. */
function operationText(operation: Operation, now: number): string {
  const { words } = verdictWords(operation, now);
  const stopped = operation.state === "waiting" ? bulkWords(operation) : null;
  if (stopped !== null) return `${words} (${operation.id}) has stopped: ${stopped}`;
  const next = isEnded(operation)
    ? operation.error
    : `${wholeDuration(tookSeconds(operation, now))} so far, by ${operation.actor.name}`;
  return next === null ? `${words} (${operation.id})` : `${words} (${operation.id}). ${next}`;
}

const MENTIONABLE = /^[UW][A-Z0-9]{2,20}$/;

/** Buzzes whoever can be mentioned; others are named. */
export const mentionOf = ({ slackUser, name }: Pick<Operation["actor"], "slackUser" | "name">): string =>
  slackUser !== null && MENTIONABLE.test(slackUser) ? `<@${slackUser}>` : foreign(name, 60);

/** The one buzz: a reply in the thread that mentions who started it. */
export function endingNote(operation: Operation, frame: Frame): ChatMessage {
  const { actor, id } = operation;
  const words = noteWords(operation, frame.now);
  const behind = behindWords(frame.behindMinutes);
  const text = `${mentionOf(actor)} ${words} (${id})${behind === null ? "" : ` · ${behind}`}`;
  const typed = operation.typed === undefined ? [] : [context(`same as \`/fleet ${foreign(operation.typed, 300)}\``)];
  return { text: lockScreen(`${words} (${id})`), blocks: [section(text), ...typed] };
}

function noteWords(operation: Operation, now: number): string {
  const subject = subjectOf(operation);
  const { noun } = verbOf(operation.command);
  const failed = operation.targets.find((target) => target.ending !== null && !endedWell(target));
  const stage = failed?.stages.find((candidate) => candidate.state === "failed");
  const why = stage?.error ?? operation.error;
  const because = why === null || why === undefined ? "" : `: ${foreign(why, 200)}`;
  switch (operation.ending) {
    case "recovered":
      if (operation.knownAt !== undefined) return `${subject} works again, as was found out later.`;
      return `${subject} works again, recovered in ${wholeDuration(tookSeconds(operation, now))}.`;
    case "did-not-help":
      if (ownWords(operation) !== null) return `${ownWords(operation)}.`;
      return `${subject} came back and works, but its alert still fires${because}. Do not repeat it; look at the runbook.`;
    case "did-not-come-back":
      return `${subject} did not come back${because}. It needs you now.`;
    case "unknown":
      if (operation.knownAt !== undefined) return `${verdictWords(operation, now).words}. Look at it yourself.`;
      return `${noun} of ${subject}: no answer yet, I keep asking; do not repeat.`;
    case "cancelled":
      return `${verdictWords(operation, now).words}${operation.error === null ? "" : `: ${foreign(operation.error, 300)}`}.`;
    default:
      return `${verdictWords(operation, now).words}${because}.`;
  }
}
