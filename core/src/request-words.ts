import type { ApprovalRequest } from "./domain/approval.ts";
import { timeToken } from "./domain/report.ts";
import { listed, plain } from "./fleet-words.ts";

/** "restart billing, invoices" of a request. */
export function requestWhat({ command, targets }: Pick<ApprovalRequest, "command" | "targets">): string {
  return targets.length === 0 ? command : `${command} ${listed(targets)}`;
}

/** One line: "✋ req-31 restart billing · asked by Olga 02:41:08 · ends 02:51:08". */
export function requestLine(request: ApprovalRequest): string {
  const { id, actor, createdAt, reason } = request;
  const asked = `asked by ${actor.name} ${timeToken(createdAt)}`;
  return `${MARKS[request.state]} ${id} ${requestWhat(request)} · ${asked} · "${plain(reason, 80)}" · ${endWords(request)}`;
}

const MARKS: Readonly<Record<ApprovalRequest["state"], string>> = {
  waiting: "✋",
  approved: "✅",
  denied: "🚫",
  withdrawn: "⏹",
  expired: "⌛",
  void: "⌛",
};

/** How it stands: "ends 02:51:08", "approved by Adam 02:43:10 (op-502)". */
export function endWords(request: ApprovalRequest): string {
  const { state, expiresAt, decidedBy, decidedAt, decisionReason, operationId } = request;
  const at = timeToken(decidedAt ?? expiresAt);
  const by = decidedBy?.name ?? "nobody";
  if (state === "waiting") return `ends ${at}`;
  if (state === "expired") return `expired ${at}`;
  if (state === "void") return `no longer held at ${at}: ${plain(decisionReason ?? "it changed", 120)}`;
  const why = decisionReason === null ? "" : `: ${plain(decisionReason, 120)}`;
  return `${state} by ${by} ${at}${operationId === null ? why : ` (${operationId})`}`;
}
