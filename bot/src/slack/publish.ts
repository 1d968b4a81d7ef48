import type { ChatMessage, Placement, SlackChat } from "@rollcall/core/adapters/slack/chat.ts";
import type { ChatOutcome } from "@rollcall/core/adapters/slack/chat-outcome.ts";
import type { Publication, Publications } from "@rollcall/core/ports/publications.ts";
import type { Outage } from "./outage.ts";
import type { Pacing } from "./pacing.ts";
import { section } from "./render/blocks.ts";
import type { SlackLog } from "./settings.ts";

/** A message that is to be posted or edited; it is written out only when its turn comes. */
export interface Draft {
  readonly publication: Publication;
  /** Revision of the row that the message shows. */
  readonly revision: number;
  readonly channel: string;
  /** Whose direct messages it goes to, as long as it is not known which channel they are; `channel` is empty then. */
  readonly recipient?: string;
  readonly thread: string | null;
  /** Smaller is written first. */
  readonly urgency: number;
  /** When what it says happened; a post whose answer was lost is searched from here. */
  readonly since: number;
  /** Trace of the wish that it answers, or of the delivery that it shows. */
  readonly traceparent?: string | undefined;
  readonly write: (behindMinutes: number | null) => Promise<ChatMessage>;
}

export interface PublishDeps {
  readonly chat: SlackChat;
  readonly publications: Publications;
  readonly pacing: Pacing;
  readonly outage: Outage;
  readonly log: SlackLog;
}

/** A message that Slack refuses is tried again after this. */
const REFUSED_SECONDS = 60;
/** A call without an answer may still take effect; it is looked for after this. */
const UNKNOWN_SECONDS = 3;
/** Clocks of Slack and ours may differ by this when looking for a post. */
const CLOCK_DIFFERENCE_MS = 60_000;
/** Slack's words for blocks that it does not take; the bare text may still go. */
const BAD_BLOCKS = /^(invalid_blocks|msg_too_long|msg_blocks_too_long)/;

/**
 * Writes one message, once, however often it is interrupted.
 * @returns "away" if Slack did not answer, so that the others need not try in this round
 */
export async function publish(draft: Draft, deps: PublishDeps): Promise<"on" | "away"> {
  const { posted, attempted } = draft.publication;
  if (posted === null && draft.recipient !== undefined) return await postDirect(draft, draft.recipient, deps);
  if (posted === null) return await postOnce(draft, attempted, deps);
  if (!deps.pacing.mayEdit(draft.publication.key)) return "on";
  const message = await draft.write(deps.outage.behindMinutes(null));
  deps.pacing.edited(draft.publication.key);
  const outcome = await deps.chat.edit({ ...posted, key: draft.publication.key }, message);
  return outcome.kind === "gone" ? await postOnce(draft, attempted, deps) : await settle(draft, outcome, deps);
}

/** A post to a person's id could not be looked for afterwards; their channel can. */
async function postDirect(draft: Draft, recipient: string, deps: PublishDeps): Promise<"on" | "away"> {
  const opened = await deps.chat.openDirect(recipient);
  if (opened.kind !== "done") return await settle(draft, opened, deps);
  return await postOnce({ ...draft, channel: opened.channel }, draft.publication.attempted, deps);
}

async function postOnce(draft: Draft, attempted: boolean, deps: PublishDeps): Promise<"on" | "away"> {
  const { pacing, publications, outage, chat } = deps;
  if (!pacing.mayPost(draft.channel)) return "on";
  const earlier = attempted ? await findEarlier(draft, deps) : null;
  if (earlier !== null) return await settle(draft, earlier, { ...deps, found: true });
  const message = await draft.write(outage.behindMinutes(draft.since));
  await publications.markAttempt(draft.publication.key, draft.channel);
  pacing.posted(draft.publication.key, draft.channel);
  return await settle(draft, await chat.post(placeOf(draft), message), deps);
}

/** A post whose answer was lost may stand there. @returns null if it is not there, or nobody can tell */
async function findEarlier(draft: Draft, { chat, log }: PublishDeps): Promise<ChatOutcome | null> {
  const outcome = await chat.find(placeOf(draft), draft.since - CLOCK_DIFFERENCE_MS);
  if (outcome.kind === "gone") return null;
  if (outcome.kind === "done") return outcome.ts === draft.publication.posted?.ts ? null : outcome;
  if (outcome.kind !== "refused") return outcome;
  // Without the right to read the channel a second message is better than none.
  log.warn({ key: draft.publication.key, why: outcome.why }, "an earlier message cannot be looked for");
  return null;
}

async function settle(
  draft: Draft,
  outcome: ChatOutcome,
  deps: PublishDeps & { found?: true },
): Promise<"on" | "away"> {
  const { key, posted } = draft.publication;
  deps.outage.heard(outcome);
  switch (outcome.kind) {
    case "done":
      // A message that was found shows an unknown revision: 0 lets the next round bring it up to date.
      await markShown(draft, { ...outcome, revision: deps.found ? 0 : draft.revision }, deps.publications);
      return "on";
    case "later":
      deps.pacing.pauseFor(posted === null ? "post" : "edit", outcome.seconds);
      return "on";
    case "unknown":
      deps.pacing.restFor(key, UNKNOWN_SECONDS);
      return "away";
    default:
      deps.log.error({ key, why: outcome.why }, "Slack refuses a message");
      if (!(BAD_BLOCKS.test(outcome.why) && (await writePlainly(draft, deps))))
        deps.pacing.restFor(key, REFUSED_SECONDS);
      return "on";
  }
}

/** Better the bare words than nothing: whoever is on call must learn of it. */
async function writePlainly(draft: Draft, { chat, publications }: PublishDeps): Promise<boolean> {
  const { key, posted } = draft.publication;
  const { text } = await draft.write(null);
  const message = { text, blocks: [section(text)] };
  const outcome =
    posted === null ? await chat.post(placeOf(draft), message) : await chat.edit({ ...posted, key }, message);
  if (outcome.kind !== "done") return false;
  await markShown(draft, { ...outcome, revision: draft.revision }, publications);
  return true;
}

const placeOf = ({ channel, thread, publication }: Draft): Placement => ({ channel, thread, key: publication.key });

async function markShown(
  { publication }: Draft,
  { channel, ts, revision }: { channel: string; ts: string; revision: number },
  publications: Publications,
): Promise<void> {
  await publications.markShown(publication.key, { channel, ts, revision });
}
