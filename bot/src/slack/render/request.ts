import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { ApprovalRequest, RequestState } from "@rollcall/core/domain/approval.ts";
import { workLines } from "@rollcall/core/plan-words.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import type { SectionBlock } from "@slack/types";
import { card, context, countShown, HEADLINE_CHARACTERS, joined, optional, section } from "./blocks.ts";
import { buttonRow, type Order, type OrderButton } from "./buttons.ts";
import { linked, operationPage } from "./links.ts";
import { actorName, behindWords, type Frame, mentionOf } from "./operation.ts";
import { verbOf } from "./operation-words.ts";
import { clockTime, cut, foreign, lockScreen, markup, nameSome, upperFirst } from "./text.ts";

export interface RequestFrame extends Frame {
  /** How many agents there are in all; null if that is not known now. */
  readonly fleetSize: number | null;
  /** Names of people who may agree. */
  readonly whoCan: readonly string[];
}

const HEADS: Readonly<Record<RequestState, { readonly mark: string; readonly words: string }>> = {
  waiting: { mark: "✋", words: "Waiting for a second person" },
  approved: { mark: "✅", words: "Approved" },
  denied: { mark: "🚫", words: "Denied" },
  withdrawn: { mark: "⏹", words: "Withdrawn" },
  expired: { mark: "⌛", words: "Expired" },
  void: { mark: "⌛", words: "No longer holds" },
};

/** The one message of a request, from asked to its end; and the same to each who may agree. */
export function requestMessage(request: ApprovalRequest, frame: RequestFrame): ChatMessage {
  const { mark, words } = HEADS[request.state];
  // As many names as a headline holds, never half of one.
  const texts = [5, 4, 3, 2, 1].map((most) => askedFor(request, most));
  const what = texts.find(({ length }) => length <= HEADLINE_CHARACTERS) ?? cut(texts[4] ?? "", HEADLINE_CHARACTERS);
  return card(lockWords(request, frame.now), [
    section(`${mark} *${words}* — ${what} (${request.id})`),
    context(originWords(request, frame)),
    ...allNames(request, what),
    ...planSection(request),
    section(bodyWords(request, frame)),
    ...(request.state === "waiting" ? buttonsOf(request) : []),
  ]);
}

/** The one buzz for who asked, when nothing came of it: a reply in the thread. */
export function requestEndingNote(request: ApprovalRequest, frame: Frame): ChatMessage {
  const told = `${request.id}, ${askedFor(request)}: ${endWords(request)} Nothing was done.`;
  const behind = behindWords(frame.behindMinutes);
  return {
    text: lockScreen(told),
    blocks: [section(`${mentionOf(request.actor)} ${told}${behind === null ? "" : ` · ${behind}`}`)],
  };
}

/** "restart billing, invoices, shipping and 4 more" */
function askedFor({ command, targets }: ApprovalRequest, most = 5): string {
  const names = nameSome(
    targets.map((target) => foreign(target, 63)),
    most,
  );
  return `${foreign(command, 30)} ${names}`.trim();
}

/** "asked by @you 03:33:02 · "reason" · 4 of 22 agents · ends 03:43:02" */
function originWords(request: ApprovalRequest, { fleetSize, now, behindMinutes }: RequestFrame): string {
  const { createdAt, expiresAt, reason, state, targets } = request;
  const share = fleetSize === null || targets.length === 0 ? null : `${targets.length} of ${fleetSize} agents`;
  return joined([
    `asked by ${actorName(request)} ${clockTime(createdAt)}`,
    `"${foreign(reason, 200)}"`,
    share,
    state === "waiting" && `ends ${clockTime(expiresAt)}`,
    state === "waiting" && `as of ${clockTime(now)}`,
    behindWords(behindMinutes),
  ]);
}

function bodyWords(request: ApprovalRequest, { links, whoCan }: RequestFrame): string {
  const { state, why, rule, operationId, decidedBy, decidedAt, expiresAt } = request;
  const at = clockTime(decidedAt ?? expiresAt);
  if (state === "waiting") {
    const who =
      whoCan.length === 0 ? "Nobody can approve it now" : `Can approve it: ${nameSome(whoCan.map(shortName))}`;
    return `${upperFirst(markup(why, 300))} (rule ${foreign(rule, 60)}). ${who}. Nothing has happened yet.`;
  }
  if (state !== "approved") return `${endWords(request)} Nothing was done.`;
  const page = operationId === null ? "" : ` Goes on as ${linked(operationPage(links, operationId), operationId)}.`;
  return `Approved by @${shortName(decidedBy?.name ?? "")} ${at}.${page}`;
}

/** "Denied by @Second admin 03:35:39: not now." */
function endWords({ state, decidedBy, decidedAt, decisionReason, expiresAt, createdAt }: ApprovalRequest): string {
  const at = clockTime(decidedAt ?? expiresAt);
  const by = `@${shortName(decidedBy?.name ?? "")}`;
  const because = decisionReason === null ? "" : `: ${foreign(decisionReason, 200)}`;
  if (state === "expired") return `Nobody answered in ${wholeDuration((expiresAt - createdAt) / 1000)}.`;
  if (state === "void") return `It was approved by ${by} ${at}, but no longer holds${because}. Ask again.`;
  return `${HEADS[state].words} by ${by} ${at}${because}.`;
}

const shortName = (name: string): string => foreign(name, 60);

/** Agents that the message names at all; the details name every one. */
const NAMED = 12;

/** Whoever agrees agrees to each of them, so those that the headline has no room for are named too. */
function allNames({ state, targets }: ApprovalRequest, headline: string): ReturnType<typeof section>[] {
  const names = targets.map((target) => foreign(target, 63));
  if (state !== "waiting" || names.every((name) => headline.includes(name))) return [];
  return [section(nameSome(names, NAMED))];
}

/** Characters that the plan may take, so that with all else the card keeps within its own limit. */
const PLAN_CHARACTERS = 560;

/** What would be done, as it was found when it was asked for: whole lines, as many as there is room for. */
function planSection({ state, plan }: ApprovalRequest): (SectionBlock & { optional: true })[] {
  if (state !== "waiting" || plan === undefined) return [];
  const lines = workLines(plan).map((line) => markup(line, 300));
  let room = PLAN_CHARACTERS;
  const shown = lines.filter((line, place) => {
    room -= countShown([section(line)]) + 1;
    return room >= 0 || place === 0;
  });
  const left = lines.length - shown.length;
  const rest = left === 0 ? [] : [`… and ${left} more ${left === 1 ? "line" : "lines"}: See plan`];
  return [optional(section([...shown, ...rest].join("\n")))];
}

/** For the lock screen: what waits, for how long, and whose wish it is. */
function lockWords(request: ApprovalRequest, now: number): string {
  const { state, id, actor, expiresAt } = request;
  const left = `, ${wholeDuration(Math.max(0, expiresAt - now) / 1000)} left`;
  const asked = `${askedFor(request)} (${id}), asked by ${actor.name}${state === "waiting" ? left : ""}`;
  return `${HEADS[state].words}: ${asked}`;
}

function buttonsOf(request: ApprovalRequest) {
  const order = (command: string): Order => ({ command, input: { request: request.id } });
  const { noun } = verbOf(request.command);
  const title = `${noun} ${request.targets.length === 1 ? request.targets[0] : `${request.targets.length} agents`}?`;
  const approve: OrderButton = {
    label: "Approve",
    order: order("approve"),
    danger: true,
    confirm: {
      title: request.targets.length === 0 ? `Approve ${request.id}?` : title,
      text: `${request.actor.name} asks: ${request.reason}. It is done at once: ${nameSome([...request.targets], 10)}`,
      yes: "Approve",
    },
  };
  const seePlan = { label: "See plan", order: order("requests") };
  return buttonRow(
    [approve, { label: "Deny", order: order("deny") }, seePlan],
    [{ label: "Withdraw", order: order("withdraw") }],
  );
}
