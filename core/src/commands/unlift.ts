import { z } from "zod";
import { accessEntry, personOfSubject, personSubject, standingOf } from "../access-change.ts";
import { defineCommand } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { personNamed } from "../name-person.ts";

const input = z.strictObject({
  person: z.string().min(1).max(200).describe("Who: an id, a mail address, @name or a Slack mention"),
  text: z.string().trim().max(200).default("").describe("Why"),
});

export default defineCommand({
  name: "unlift",
  aliases: [],
  kind: "act",
  summary: "End a lift before its time",
  role: "admin",
  danger: 1,
  input,
  words: ["person", "text"],
  examples: ["unlift @vera"],
  reason: (raw) => input.parse(raw).text || null,
  subjects: (raw, { ports }) => [personSubject(personNamed(input.parse(raw).person, ports.directory).id)],
  async targets(raw, { ports }) {
    const { id, name } = personNamed(input.parse(raw).person, ports.directory);
    if ((await standingOf(id, ports)).lift !== null) return [];
    throw new Failure("conflict", `no lift of ${name} stands`, { next: "Nothing was done." });
  },
  stages: [
    {
      name: "ended",
      async run({ agent }, context) {
        const person = personOfSubject(agent);
        const before = (await standingOf(person, context.ports)).lift;
        const audit = accessEntry(context, { action: "lift-ended", person, before, after: null });
        await context.ports.overrides.end({ kind: "lift", person, by: context.operation.actor.name }, audit);
        return { state: "done", ending: "done", detail: context.ports.directory.byId(person)?.name ?? person };
      },
    },
  ],
});
