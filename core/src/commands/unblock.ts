import { z } from "zod";
import { accessEntry, personOfSubject, personSubject, standingOf } from "../access-change.ts";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { personNamed } from "../name-person.ts";
import { blockOf } from "../person-actor.ts";

const input = z.strictObject({
  person: z.string().min(1).max(200).describe("Who: an id, a mail address, @name or a Slack mention"),
  text: z.string().trim().max(200).default("").describe("Why"),
});

export default defineCommand({
  name: "unblock",
  aliases: [],
  kind: "act",
  summary: "Let a person in again who is blocked; a second person agrees",
  role: "admin",
  danger: 3,
  input,
  words: ["person", "text"],
  examples: ["unblock @olga phone found"],
  reason: (raw) => input.parse(raw).text || null,
  subjects: (raw, { ports }) => [personSubject(personNamed(input.parse(raw).person, ports.directory).id)],
  async targets(raw, { ports }) {
    const person = personNamed(input.parse(raw).person, ports.directory);
    if ((await standingOf(person.id, ports)).block !== null) return [];
    const standing = blockOf(person, ports.rules.current(), ports.clock.now());
    const inFile = standing?.by === "access.yaml";
    throw new Failure(
      "conflict",
      inFile ? `${person.name} is blocked in access.yaml` : `${person.name} is not blocked`,
      {
        next: inFile ? "Take the entry out of that file. Nothing was done." : "Nothing was done.",
      },
    );
  },
  needsSecondPerson: async () => ({ rule: "gives-rights", why: "this gives a person rights" }),
  stages: [
    {
      name: "unblocked",
      async run({ agent }, context) {
        const { operation, ports } = context;
        const person = personOfSubject(agent);
        const before = (await standingOf(person, ports)).block;
        const audit = accessEntry(context, { action: "unblocked", person, before, after: null });
        await ports.overrides.end({ kind: "block", person, by: operation.actor.name }, audit);
        return { state: "done", ending: "done", detail: ports.directory.byId(person)?.name ?? person };
      },
    },
  ],
});
