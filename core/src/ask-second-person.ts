import { createHash } from "node:crypto";
import type { AimedWish } from "./accept-command.ts";
import type { ActCommand } from "./command.ts";
import type { Actor } from "./domain/actor.ts";
import { type ApprovalRequest, REQUEST_SECONDS } from "./domain/approval.ts";
import { auditEntry } from "./domain/audit.ts";
import { Failure } from "./domain/failure.ts";
import type { Decision } from "./policy.ts";
import type { ApprovalRequests } from "./ports/approval-requests.ts";
import type { CommandRequest } from "./run-command.ts";
import { sortedFields } from "./sorted-fields.ts";

/** What two people have to mean alike. */
export interface Agreed {
  readonly command: string;
  readonly input: unknown;
  readonly targets: readonly string[];
  readonly policyVersion: string;
  /** Past the graceful order over the bus. */
  readonly force?: boolean | undefined;
}

/** SHA-256 over command, input, targets, policy version and force; the order of targets does not matter. */
export const hashOfAgreed = ({ command, input, targets, policyVersion, force }: Agreed): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        command,
        sortedFields(input),
        [...targets].toSorted(),
        policyVersion,
        ...(force === true ? ["force"] : []),
      ]),
    )
    .digest("hex");

interface Wish {
  readonly request: CommandRequest;
  readonly command: ActCommand;
  readonly input: Record<string, unknown>;
  readonly targets: readonly string[];
  readonly idempotencyKey: string;
  readonly incidentId: string | null;
  readonly decision: Decision;
  readonly policyVersion: string;
  readonly confirmed?: AimedWish["confirmed"];
}

/**
 * Stores the wish as a request for a second person; nothing is done until somebody agrees.
 * @throws Failure "invalid_input" without a reason, "forbidden" for what is no person, "unavailable"
 */
export async function askSecondPerson(
  wish: Wish,
  requests: ApprovalRequests,
): Promise<{ request: ApprovalRequest; repeated: boolean }> {
  const { request, command, decision, targets, policyVersion, input, idempotencyKey, incidentId, confirmed } = wish;
  const { actor, door, requestId } = request;
  const reason = reasonOf(request, decision);
  const force = request.force === true;
  if (!actor.person) {
    throw new Failure("forbidden", `${decision.why}, and ${actor.id} is no person`, { rule: decision.rule });
  }
  const draft = {
    ...{ command: command.name, input, actor, door, reason, requestId, idempotencyKey, targets, policyVersion },
    ...{ incidentId, rule: decision.rule, why: decision.why, expiresInSeconds: REQUEST_SECONDS },
    ...(force && { force }),
    hash: hashOfAgreed({ command: command.name, input, targets, policyVersion, force }),
    // What two people mean alike is the plan that the first one saw.
    ...(confirmed !== undefined && confirmed),
  };
  return requests.ask(draft, askedEntry(draft));
}

/**
 * What is asked of somebody else has a reason, in the asker's words.
 * @throws Failure "invalid_input" of the rule "reason-needed", by which a door knows to ask for it
 */
export const reasonOf = ({ reason }: Pick<CommandRequest, "reason">, { why }: Pick<Decision, "why">): string =>
  needReason(reason, `${why}, and they need a reason`);

/** @throws Failure "invalid_input" of the rule "reason-needed" */
export function needReason(reason: string | null, why: string): string {
  if (reason !== null && reason.trim() !== "") return reason;
  throw new Failure("invalid_input", why, {
    rule: REASON_NEEDED,
    next: `Add --reason "why". Nothing was done.`,
  });
}

/** Rule of a refusal that ends with a reason. */
export const REASON_NEEDED = "reason-needed";

interface Asked extends Agreed {
  readonly actor: Actor;
  readonly door: CommandRequest["door"];
  readonly reason: string;
  readonly requestId: string;
  readonly rule: string;
  readonly why: string;
  readonly hash: string;
}

const askedEntry = ({ actor, door, command, targets, rule, reason, requestId, hash, why, input }: Asked) =>
  auditEntry({
    ...{ event: "approval", action: "asked", actor: actor.id, door, command, targets, rule, reason, requestId },
    detail: { input, hash, why, role: actor.role, source: actor.source },
  });
