import { z } from "zod";
import { accessEntry, isOwnWork, personOfSubject, personSubject, standingOf } from "../access-change.ts";
import { type ActContext, defineCommand, type ReadContext } from "../command.ts";
import { hasRole, ROLES } from "../domain/actor.ts";
import { Failure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { personNamed } from "../name-person.ts";
import { blockOf } from "../person-actor.ts";
import type { Person } from "../ports/directory.ts";

const input = z.strictObject({
  person: z.string().min(1).max(200).describe("Who: an id, a mail address, @name or a Slack mention"),
  role: z.enum(ROLES).describe("Their role in this time"),
  time: z
    .string()
    .regex(/^[1-9]\d{0,3}[mh]$/, "a time like 8h or 30m")
    .describe("For how long: 8h, 30m"),
  text: z.string().trim().max(200).default("").describe("Why"),
});
type Input = z.infer<typeof input>;

export default defineCommand({
  name: "lift",
  aliases: [],
  kind: "act",
  summary: "Raise a person's role for some hours; a second person agrees",
  role: "admin",
  danger: 3,
  input,
  words: ["person", "role", "time", "text"],
  examples: ["lift @vera operator 8h on call tonight"],
  reason: (raw) => input.parse(raw).text || null,
  subjects: (raw, { ports }) => [personSubject(personNamed(input.parse(raw).person, ports.directory).id)],
  async targets(raw, context) {
    const wanted = input.parse(raw);
    const person = personNamed(wanted.person, context.ports.directory);
    refuseTime(wanted, context);
    refusePerson(person, wanted, context);
    return [];
  },
  needsSecondPerson: async () => ({ rule: "gives-rights", why: "this gives a person rights" }),
  stages: [{ name: "lifted", run: ({ agent }, context) => liftPerson(personOfSubject(agent), context) }],
});

const millisOf = ({ time }: Input): number => Number.parseInt(time, 10) * (time.endsWith("h") ? 3_600_000 : 60_000);

function refuseTime(wanted: Input, { ports }: ReadContext): void {
  const { longestLiftHours } = ports.rules.current();
  if (millisOf(wanted) <= longestLiftHours * 3_600_000) return;
  throw new Failure("invalid_input", `a lift lasts at most ${longestLiftHours} hours`, {
    ...{ found: wanted.time, allowed: [`${longestLiftHours}h`] },
    next: "Who needs the role for longer gets it where roles are kept. Nothing was done.",
  });
}

function refusePerson(person: Person, { role }: Input, { actor, ports }: ReadContext): void {
  if (person.id === actor.id) {
    throw new Failure("forbidden", "nobody lifts themselves", {
      ...{ rule: "own-rights", next: "Another admin can ask for it. Nothing was done." },
    });
  }
  const block = blockOf(person, ports.rules.current(), ports.clock.now());
  if (block !== null) {
    throw new Failure("conflict", `${person.name} is blocked by ${block.by}, and a lift does not open that`, {
      next: "Unblock first. Nothing was done.",
    });
  }
  if (!hasRole(person, role)) return;
  throw new Failure("conflict", `${person.name} is ${person.role} already`, { next: "Nothing was done." });
}

async function liftPerson(person: string, context: ActContext) {
  const { operation, ports } = context;
  const wanted = input.parse(operation.input);
  const { role } = wanted;
  const reason = operation.reason ?? wanted.text;
  const before = (await standingOf(person, ports)).lift;
  const name = ports.directory.byId(person)?.name ?? person;
  if (isOwnWork(before, operation, reason)) return { state: "done" as const, ending: "done" as const };
  const until = ports.clock.now() + millisOf(wanted);
  const after = { person, role, reason, by: operation.actor.name, until };
  await ports.overrides.lift(after, accessEntry(context, { action: "lifted", person, before, after }));
  return { state: "done" as const, ending: "done" as const, detail: `${name} is ${role} until ${timeToken(until)}` };
}
