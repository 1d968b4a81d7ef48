import { z } from "zod";
import { accessEntry, isOwnWork, personOfSubject, personSubject, standingOf } from "../access-change.ts";
import { type ActContext, defineCommand } from "../command.ts";
import { auditEntry } from "../domain/audit.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { counted } from "../fleet-words.ts";
import { personNamed } from "../name-person.ts";

const MONTH_HOURS = 744;
const input = z.strictObject({
  person: z.string().min(1).max(200).describe("Who: an id, a mail address, @name or a Slack mention"),
  text: z.string().trim().min(3).max(200).describe("Why; the person is told"),
  hours: z.number().min(1).max(MONTH_HOURS).optional().describe("For how long; until somebody unblocks if left out"),
});

export default defineCommand({
  name: "block",
  aliases: [],
  kind: "act",
  summary: "Keep a person out of everything but help and whoami, at once",
  role: "admin",
  // Small and undone by unblock; what takes rights away must not wait for a second person.
  danger: 1,
  input,
  words: ["person", "text"],
  examples: ["block @olga phone lost", "block olga@example.com phone lost --hours 8"],
  reason: (raw) => input.parse(raw).text,
  subjects: (raw, { ports }) => [personSubject(personNamed(input.parse(raw).person, ports.directory).id)],
  async targets(raw, { actor, ports }) {
    const { id } = personNamed(input.parse(raw).person, ports.directory);
    if (id !== actor.id) return [];
    throw new Failure("forbidden", "this would block you yourself", {
      ...{ rule: "own-rights", next: "Another admin can do it. Nothing was done." },
    });
  },
  stages: [
    {
      name: "blocked",
      async run({ agent }, context) {
        const { operation, ports } = context;
        const person = personOfSubject(agent);
        const { text, hours } = input.parse(operation.input);
        const reason = operation.reason ?? text;
        const before = (await standingOf(person, ports)).block;
        if (isOwnWork(before, operation, reason)) return { state: "done" };
        const until = hours === undefined ? null : ports.clock.now() + hours * 3_600_000;
        const after = { person, reason, by: operation.actor.name, until };
        await ports.overrides.block(after, accessEntry(context, { action: "blocked", person, before, after }));
        const name = ports.directory.byId(person)?.name ?? person;
        return { state: "done", detail: `${name}${until === null ? "" : ` until ${timeToken(until)}`}` };
      },
    },
    { name: "requests void", run: ({ agent }, context) => voidRequestsOf(personOfSubject(agent), context) },
  ],
});

/** What the person asked a second person for waits no longer. */
async function voidRequestsOf(person: string, { ports, operation }: ActContext) {
  const waiting = await ports.requests.list({ waiting: true, limit: 1000 });
  const theirs = waiting.filter(({ actor }) => actor.id === person);
  const { actor: by, door } = operation;
  for (const { id, hash, command, targets, rule, requestId, actor } of theirs) {
    const reason = `${actor.name} was blocked`;
    const audit = auditEntry({
      ...{ event: "approval", action: "void", actor: by.id, door, command, targets, rule, requestId, reason },
      ...{ decision: "refused", detail: { request: id, asked: actor.id, hash, why: reason } },
    });
    await ports.requests.settle({ id, state: "void", hash, by, door, reason, audit }).catch(unlessEnded);
  }
  return { state: "done" as const, ending: "done" as const, detail: counted(theirs.length, "request") };
}

/** It ended in the meantime; what it became is refused when it begins. */
function unlessEnded(error: unknown): void {
  if (!isFailure(error) || (error.code !== "conflict" && error.code !== "expired")) throw error;
}
