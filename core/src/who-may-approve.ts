import type { Ports } from "./command.ts";
import type { ApprovalRequest } from "./domain/approval.ts";
import { personActor } from "./person-actor.ts";
import { mayAsk, rightsOf } from "./policy.ts";
import type { Person } from "./ports/directory.ts";

/** What the policy is asked about somebody who agrees; the command `approve` is declared with it. */
export const APPROVAL = { name: "approve", kind: "act", role: "admin", danger: 1, live: true } as const;

/** People who may agree to the request at this moment: admins, also for a time, who did not ask for it themselves. */
export function whoMayApprove(
  { actor: asker }: Pick<ApprovalRequest, "actor">,
  ports: Pick<Ports, "directory" | "rules" | "clock">,
): Person[] {
  const rights = rightsOf(ports);
  const lifted = rights.rules.lifts.map(({ person }) => ports.directory.byId(person));
  const people = new Map(
    [...ports.directory.withRole(APPROVAL.role), ...lifted].flatMap((one) => (one === null ? [] : [[one.id, one]])),
  );
  return [...people.values()].filter(
    (person) => person.id !== asker.id && mayAsk({ actor: personActor(person, rights), command: APPROVAL, ...rights }),
  );
}
