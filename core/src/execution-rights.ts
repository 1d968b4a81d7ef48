import { approverDoubt } from "./approver-doubt.ts";
import type { ActCommand, CommandDefinition, Ports } from "./command.ts";
import { decideLive } from "./decide-live.ts";
import type { Role } from "./domain/actor.ts";
import type { Operation } from "./domain/operation.ts";
import { listed } from "./fleet-words.ts";
import { personNow } from "./person-actor.ts";
import { type Decision, decide, type PolicyQuestion, rightsOf } from "./policy.ts";
import type { CompiledFleet } from "./protocol.ts";

interface Begin {
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
  readonly fleet: Pick<CompiledFleet, "agents">;
}

/** Whether an accepted operation may begin: its actor as they are now, within their scopes, and who agreed to it. */
export async function decideBegin(
  operation: Operation,
  command: ActCommand,
  { ports, commands, fleet }: Begin,
): Promise<{ decision: Decision; role: Role | null }> {
  const actor = personNow(operation.actor, ports);
  const scope = scopeOf(operation, fleet);
  const decision = await decideLive({ actor, command, ...rightsOf(ports), scope }, ports);
  if (!decision.allowed || operation.approval === undefined) return { decision, role: actor.role };
  const isAboutAgents = commands.every((one) => one.name !== operation.command || !("subjects" in one));
  const doubt = (isAboutAgents ? goneDoubt(operation, scope) : null) ?? (await agreedDoubt(operation, ports));
  return { decision: doubt === null ? decision : { ...decision, ...doubt, allowed: false }, role: actor.role };
}

/** Whether it may go on to the next agent: by what is known at this moment, without asking anybody. */
export const decideNext = (operation: Operation, command: ActCommand, ports: Ports): Decision =>
  decide({ actor: personNow(operation.actor, ports), command, ...rightsOf(ports), scope: null });

/** Whether one person is enough was decided when it was accepted; whether it is within the person's scopes is asked anew. */
function scopeOf({ targets, approval }: Operation, { agents }: Begin["fleet"]): NonNullable<PolicyQuestion["scope"]> {
  const ids = new Set(targets.map(({ agent }) => agent));
  return {
    targets: agents.filter(({ id }) => ids.has(id)),
    fleetSize: agents.length,
    secondPerson: null,
    isApproved: approval !== undefined,
    isAccepted: true,
  };
}

type Doubt = Pick<Decision, "rule" | "why">;

/** What was agreed to must still be there. */
function goneDoubt({ targets }: Operation, scope: NonNullable<PolicyQuestion["scope"]>): Doubt | null {
  const known = new Set(scope.targets.map(({ id }) => id));
  const gone = targets.map(({ agent }) => agent).filter((agent) => !known.has(agent));
  return gone.length === 0 ? null : { rule: "targets-changed", why: `${listed(gone)} is not in the fleet any more` };
}

/** Who agreed must still be one who may agree. */
async function agreedDoubt({ approval }: Operation, ports: Ports): Promise<Doubt | null> {
  const why = approval === undefined ? null : await approverDoubt(approval, ports);
  return why === null ? null : { rule: "approver-gone", why };
}
