import { setTimeout as sleep } from "node:timers/promises";
import type { ApprovalRequest } from "@rollcall/core/domain/approval.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import { ownRequest } from "@rollcall/core/settle-request.ts";
import { whoMayApprove } from "@rollcall/core/who-may-approve.ts";
import type { Told } from "./answer.ts";
import type { SlackDoorDeps } from "./door.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { settledMessage, unsettledMessage } from "./render/settled.ts";

const SETTLING = ["approve", "deny", "withdraw"];
/** A worker takes a job within some milliseconds; one that was killed is replaced within its lease. */
const WAIT_MS = 8000;
const LOOK_MS = 100;

/** Whether the command decides about a request, and so is shown by the request's own message. */
export const isSettling = ({ command }: Pick<Operation, "command">): boolean => SETTLING.includes(command);

/** What became of an approval, a denial or a withdrawal: said once it is known, as it has no message of its own. */
export async function awaitSettled(accepted: Operation, { ports, settings }: SlackDoorDeps): Promise<Told> {
  const operation = await awaitEnd(accepted, ports);
  const request = await ports.requests.find(requestIn(operation));
  if (request === null || !isEnded(operation)) {
    return {
      message: bareMessage(`⏳ ${operation.id} is accepted; its request will say what became of it.`),
      isNeedless: false,
    };
  }
  const message =
    operation.ending === "done" ? settledMessage(request, settings) : unsettledMessage(operation, request);
  return { message, isNeedless: false };
}

/** The operation once it has ended, or as it is after eight seconds. */
export async function awaitEnd(
  accepted: Operation,
  { clock, operations }: Pick<SlackDoorDeps["ports"], "clock" | "operations">,
): Promise<Operation> {
  const deadline = clock.now() + WAIT_MS;
  let operation = accepted;
  while (!isEnded(operation) && clock.now() < deadline) {
    await sleep(LOOK_MS);
    operation = (await operations.find(operation.id)) ?? operation;
  }
  return operation;
}

/** Whoever asked and presses Approve is told why not they, whatever their role. */
export async function explainOwn(
  error: unknown,
  { order, actor }: { order: Order; actor: { readonly id: string } },
  { ports }: SlackDoorDeps,
): Promise<void> {
  if (!isFailure(error) || error.code !== "forbidden" || order.command !== "approve") return;
  const request = await ports.requests.find(String(order.input.request)).catch(() => null);
  if (request !== null && request.state === "waiting" && request.actor.id === actor.id)
    throw ownRequest(request, whoMayApprove(request, ports));
}

const requestIn = ({ input }: Pick<Operation, "input">): ApprovalRequest["id"] =>
  String((input as { request?: unknown } | null)?.request ?? "");
