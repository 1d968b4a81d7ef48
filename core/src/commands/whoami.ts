import { z } from "zod";
import { defineCommand } from "../command.ts";
import type { Grant } from "../ports/directory.ts";

export default defineCommand({
  name: "whoami",
  aliases: [],
  kind: "read",
  summary: "Say who you are here, and where your rights come from",
  role: null,
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["whoami"],
  async run(_, { actor, door, ports }) {
    const person = ports.directory.byId(actor.id);
    const mails = person?.mails ?? [];
    const grants = person?.grants ?? [];
    const isStranger = actor.role === null;
    return {
      headline: isStranger ? `*${actor.name}*, no role here` : `*${actor.name}*, ${actor.role} from ${actor.source}`,
      context: `${actor.id}, by ${door}`,
      lines: isStranger
        ? [`Nobody of ${actor.source} is you. An admin can add you there; until then you may use help and whoami.`]
        : [],
      fields: [
        ...(mails.length === 0 ? [] : [{ name: "Mail", value: mails.join(", ") }]),
        ...grants.map((grant) => ({ name: `As ${grant.role}`, value: originOf(grant) })),
      ],
      actions: [],
      sameAs: "same as /fleet whoami",
      data: { ...actor, mails, grants },
    };
  },
});

/** "fleet-operators@… through on-call@…, known since 2026-11-21 10:00 UTC" */
function originOf({ from, via, knownSince }: Grant): string {
  const through = via.length === 0 ? "" : ` through ${via.join(", ")}`;
  const since =
    knownSince === null ? "" : `, known since ${new Date(knownSince).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return `${from}${through}${since}`;
}
