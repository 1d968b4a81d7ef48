import { setTimeout as delay } from "node:timers/promises";
import type { ApiRequest } from "@rollcall/core/approval-contract.ts";
import { type ControlClient, isAway } from "./control-client.ts";

const LOOK_EVERY_MS = 1000;
// As for operations: a control service that was killed is replaced within its lease.
const AWAY_MS = 60_000;

/**
 * Looks at a request until somebody has decided about it, or its time is over.
 * @throws Failure "unavailable" if nobody answers for a minute; it goes on waiting without us
 */
export async function followRequest(asked: ApiRequest, client: ControlClient): Promise<ApiRequest> {
  let request = asked;
  let seenAt = Date.now();
  while (request.state === "waiting") {
    await delay(LOOK_EVERY_MS);
    try {
      request = await client.request(asked.id);
      seenAt = Date.now();
    } catch (error) {
      if (!isAway(error) || Date.now() - seenAt > AWAY_MS) throw error;
    }
  }
  return request;
}

/** What waits for a second person, and that nothing has happened. */
export function askedLines({ id, command, targets, why, expiresAt }: ApiRequest): string[] {
  const until = new Date(expiresAt).toISOString().slice(11, 19);
  return [
    `✋ *${[command, ...targets.slice(0, 5)].join(" ")}* waits for a second person (${id}), until ${until} UTC`,
    `${why}. Nothing has happened yet.`,
  ];
}

/** "🚫 *restart billing* was denied by Adam: not now (req-31). Nothing was done." */
export function decidedLine({ id, state, command, targets, decidedBy, decisionReason }: ApiRequest): string {
  const what = `*${[command, ...targets.slice(0, 5)].join(" ")}*`;
  const by = decidedBy?.name ?? "nobody";
  const because = decisionReason === null ? "" : `: ${decisionReason}`;
  const nothing = `(${id}). Nothing was done.`;
  switch (state) {
    case "approved":
      return `✅ ${what} was approved by ${by} (${id})`;
    case "expired":
      return `⌛ ${what}: nobody answered in time ${nothing} Ask again.`;
    case "void":
      return `⌛ ${what} no longer holds${because} ${nothing} Ask again.`;
    default:
      return `${state === "withdrawn" ? "⏹" : "🚫"} ${what} was ${state} by ${by}${because} ${nothing}`;
  }
}
