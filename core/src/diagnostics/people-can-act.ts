import { defineDiagnostic, failed, passed } from "../diagnostic.ts";
import { blockOf } from "../person-actor.ts";
import { OLDEST_FOR_ADMIN_SECONDS, OLDEST_FOR_OPERATOR_SECONDS } from "../policy.ts";

export default defineDiagnostic({
  name: "people-can-act",
  summary: "Two people may operate, one of them as an admin: not blocked, and known recently enough to act",
  suites: ["full"],
  timeoutSeconds: 2,
  async run({ ports: { directory, rules, clock } }) {
    const now = clock.now();
    const inForce = rules.current();
    const able = (role: "operator" | "admin") => {
      const people = directory.withRole(role);
      const free = people.filter((person) => blockOf(person, inForce, now) === null);
      return { free: free.length, blocked: people.length - free.length };
    };
    const operators = able("operator");
    const admins = able("admin");
    const blocked = operators.blocked === 0 ? "" : `; ${operators.blocked} with such a role blocked`;
    const words = `${operators.free} may operate, ${admins.free} of them as admin, by ${directory.source}${blocked}`;
    const doubt = doubtOf(directory.trust(), now);
    if (inForce.readAt === null) return failed("status", words, "nobody has read yet who is blocked");
    if (doubt !== null) return failed("diag run smoke", words, doubt);
    if (operators.free < 2 || admins.free < 1) return failed("whoami", words);
    // What one asks for another must approve, and who asks may be an admin: worth knowing, and no fault.
    return admins.free < 2 ? passed(words, "nobody could approve what the only admin asks for") : passed(words);
  },
});

function doubtOf({ asOf, held }: { asOf: number | null; held: string | null }, now: number): string | null {
  if (held !== null) return `no change rests on the list of people: ${held}`;
  if (asOf === null) return "the list of people was never read, so nobody may change anything";
  const seconds = (now - asOf) / 1000;
  const minutes = Math.floor(seconds / 60);
  if (seconds > OLDEST_FOR_OPERATOR_SECONDS)
    return `the list of people is ${minutes} min old, so nobody may change anything`;
  return seconds > OLDEST_FOR_ADMIN_SECONDS
    ? `the list of people is ${minutes} min old, so no admin may act or approve`
    : null;
}
