import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { ApprovalRequest } from "@rollcall/core/domain/approval.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { requestWhat } from "@rollcall/core/request-words.ts";
import { section } from "./blocks.ts";
import { type Links, linked, operationPage } from "./links.ts";
import { foreign, lockScreen, markup } from "./text.ts";

interface Place extends Links {
  readonly opsChannel: string;
  readonly alertsChannel: string;
}

const MARKS = { approved: "✅", denied: "🚫", withdrawn: "⏹" } as const;

/** To whoever decided: what it became. */
export function settledMessage(request: ApprovalRequest, place: Place): ChatMessage {
  const { id, state, operationId, incidentId } = request;
  const what = markup(requestWhat(request), 300);
  const mark = MARKS[state as keyof typeof MARKS] ?? "";
  const channel = foreign(incidentId === null ? place.opsChannel : place.alertsChannel, 30);
  const next =
    operationId === null
      ? "Nothing was done."
      : `It goes on as ${linked(operationPage(place, operationId), operationId)}, see <#${channel}>.`;
  return {
    text: lockScreen(`${id} ${state}: ${requestWhat(request)}`),
    blocks: [section(`${mark} *${id} ${state}*: ${what}. ${next}`.trim())],
  };
}

/** To whoever decided too late, or about what no longer holds. */
export function unsettledMessage({ error, command, targets }: Operation, request: ApprovalRequest): ChatMessage {
  const stage = targets.flatMap(({ stages }) => stages).find(({ state }) => state === "failed");
  const why = stage?.error ?? error ?? `${request.id} is ${request.state}. Nothing was done.`;
  return {
    text: lockScreen(`Not done: ${command} ${request.id}. ${why}`),
    blocks: [section(`🚫 *Not done: ${foreign(command, 30)} ${request.id}.* ${foreign(why, 600)}`)],
  };
}
