import type { Ports } from "./command.ts";
import { hasRole } from "./domain/actor.ts";
import type { Approval } from "./domain/approval.ts";
import { isFailure } from "./domain/failure.ts";
import { personActor } from "./person-actor.ts";
import { rightsOf } from "./policy.ts";

/** Why the person who agreed no longer counts; null if they still may agree. No answer of the directory is a doubt. */
export async function approverDoubt(
  { by, name }: Approval,
  ports: Pick<Ports, "directory" | "rules" | "clock">,
): Promise<string | null> {
  const person = ports.directory.byId(by);
  if (person === null) return `${name}, who agreed, is not in the directory any more`;
  if (!hasRole(personActor(person, rightsOf(ports)), "admin")) return `${name}, who agreed, is no admin any more`;
  try {
    const isConfirmed = await ports.directory.confirm(by, person.role ?? "viewer");
    return isConfirmed ? null : `${name}, who agreed, is no ${person.role} any more`;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return `${ports.directory.source} does not confirm that ${name}, who agreed, still may: ${error.message}`;
  }
}
