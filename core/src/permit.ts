import type { CommandDefinition } from "./command.ts";
import { decideLive } from "./decide-live.ts";
import { Failure } from "./domain/failure.ts";
import { type Decision, type PolicyQuestion, rightsOf } from "./policy.ts";
import type { AuditEntry } from "./ports/audit-log.ts";
import type { CommandRequest, Engine } from "./run-command.ts";

/** @returns what is allowed, or needs a second person @throws Failure "forbidden"; the refusal is audited */
export async function permit(
  request: CommandRequest,
  engine: Engine,
  { command, scope }: { command: CommandDefinition } & Pick<PolicyQuestion, "scope">,
): Promise<Decision> {
  const decision = await decideLive({ actor: request.actor, command, ...rightsOf(engine.ports), scope }, engine.ports);
  if (decision.allowed || decision.needsSecondPerson) return decision;
  // Not a refusal: PostgreSQL has not said yet who is blocked, and without it nothing could be accepted either.
  if (decision.rule === "rules-unknown") {
    throw new Failure("unavailable", "PostgreSQL has not said yet who may not act here", { next: "Repeat it." });
  }
  const targets = scope?.targets.map(({ id }) => id) ?? [];
  await auditRefusal(engine, auditOf(request, { command, decision, targets }));
  const who = decision.whoCan.length === 0 ? null : `Can do it now: ${decision.whoCan.join(", ")}.`;
  throw new Failure("forbidden", decision.why, {
    rule: decision.rule,
    allowed: decision.whoCan,
    next: [decision.instead, who, "Nothing was done."].filter((part) => part !== null).join(" "),
  });
}

/** The row of a decision about a wish. */
export const auditOf = (
  request: CommandRequest,
  { command, decision, targets }: { command: CommandDefinition; decision: Decision; targets: readonly string[] },
): Omit<AuditEntry, "operationId"> => ({
  event: "decision",
  actor: request.actor.id,
  door: request.door,
  command: command.name,
  targets,
  decision: decision.allowed ? "allowed" : "refused",
  rule: decision.rule,
  reason: request.reason,
  requestId: request.requestId,
  detail: { role: request.actor.role, source: request.actor.source, why: decision.why },
});

/** A refusal stands even if it cannot be written down: refusing is always safe. */
export async function auditRefusal(engine: Engine, entry: Omit<AuditEntry, "operationId">): Promise<void> {
  try {
    await engine.ports.audit.append({ ...entry, operationId: null });
  } catch (error) {
    engine.onProblem?.("a refusal could not be audited", error);
  }
}
