import type { ChatMessage, SlackChat } from "@rollcall/core/adapters/slack/chat.ts";
import type { SlackLog } from "./settings.ts";

/** Where an answer goes that only the person who acted sees. */
export interface Asked {
  readonly ack: (body?: Record<string, unknown>) => Promise<void>;
  /** Slack takes five answers within 30 minutes here. */
  readonly responseUrl: string | null;
  readonly channel: string;
  readonly user: string;
  /** `command`: typed. `card`: a button of a message for all. `whisper`: a button of a message for this person only. */
  readonly from: "command" | "card" | "whisper";
}

/** What there is to say; `isNeedless` where the card shows it anyway, so that it is said only if the person was kept waiting. */
export interface Told {
  readonly message: ChatMessage;
  readonly isNeedless: boolean;
}

export interface AnswerDeps {
  readonly chat: SlackChat;
  readonly log: SlackLog;
}

/**
 * Slack waits 3 s for the acknowledgement and a person less. What is not known by then is answered "saving…" and edited.
 * 700 ms leave 100 ms of the promised 800 for a busy event loop.
 */
const IN_TIME_MS = 700;
const RESPONSE_MS = 5000;

/**
 * Acknowledges in time and answers when there is something to say.
 * @param work never fails
 */
export async function answerInTime(
  asked: Asked,
  { work, waiting }: { work: Promise<Told>; waiting: ChatMessage },
  deps: AnswerDeps,
): Promise<void> {
  const first = await Promise.race([work, late(work)]);
  const opening = first === "late" ? waiting : first.message;
  if (asked.from === "command") await asked.ack({ response_type: "ephemeral", ...opening });
  else {
    await asked.ack();
    if (first === "late" || !first.isNeedless) await send(asked, opening, deps);
  }
  if (first === "late") await send(asked, (await work).message, deps);
}

function late(work: Promise<unknown>): Promise<"late"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("late"), IN_TIME_MS);
    void work.finally(() => clearTimeout(timer));
  });
}

/** A card is edited from its rows only, so an answer to its button never replaces it. */
async function send(asked: Asked, message: ChatMessage, deps: AnswerDeps): Promise<void> {
  const body = { response_type: "ephemeral", replace_original: asked.from !== "card", ...message };
  if (asked.responseUrl !== null && (await respond(asked.responseUrl, body))) return;
  const outcome = await deps.chat.whisper({ channel: asked.channel, user: asked.user }, message);
  if (outcome.kind !== "done")
    deps.log.warn({ outcome: outcome.kind, from: asked.from }, "an answer did not reach its asker");
}

/** @returns false if the address has expired, was used up, or does not answer */
async function respond(url: string, body: object): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(RESPONSE_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
