import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { AnswerDeps, Told } from "./answer.ts";
import type { SlackDoorDeps } from "./door.ts";
import { findCommand } from "./find-command.ts";
import type { Identified } from "./identity.ts";
import type { Order, OrderButton } from "./render/buttons.ts";
import { refusalMessage } from "./render/refusal.ts";
import { explainButton, suggestOrders } from "./suggestions.ts";

/** What both kinds of request need. */
export interface Desk extends SlackDoorDeps {
  readonly identify: (team: string, user: string) => Promise<Identified>;
  readonly answers: AnswerDeps;
}

export interface Attempt {
  readonly what: string;
  readonly requestId: string;
  /** What was asked for; null if it could not be read. */
  readonly order: Order | null;
  /** Further buttons for "did you mean". */
  readonly suggest?: (error: unknown) => readonly OrderButton[];
}

/** Turns whatever went wrong into words; what is not meant for people is logged with the id that they are given. */
export async function inWords(work: Promise<Told>, attempt: Attempt, desk: Desk): Promise<Told> {
  try {
    return await work;
  } catch (error) {
    const { what, requestId } = attempt;
    const fields = { err: error, request_id: requestId };
    if (!isFailure(error)) desk.log.error(fields, "a wish from Slack failed by a bug");
    else if (error.code === "unavailable" || error.code === "timeout")
      desk.log.warn(fields, "a wish from Slack was not served");
    const near = [...(attempt.suggest?.(error) ?? []), ...suggestOrders(error, attempt.order, desk.commands)];
    const suggestions = [...near, ...explainButton(error, attempt.order, desk.commands)];
    return { message: refusalMessage(error, { what, ref: requestId, suggestions }), isNeedless: false };
  }
}

/** Said while the answer takes its time. */
export function waitingWords(order: Order | null, { commands }: Desk): string {
  const command = order === null ? undefined : findCommand(commands, order.command);
  return command?.kind === "act" ? "⏳ Saving… Nothing has happened yet." : "⏳ Looking…";
}
