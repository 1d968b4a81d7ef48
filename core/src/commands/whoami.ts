import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import type { Actor } from "../domain/actor.ts";
import type { Person } from "../ports/directory.ts";
import { originOf, rightsLines } from "../rights-words.ts";

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
  async run(_, context) {
    const { actor, door, ports } = context;
    const person = ports.directory.byId(actor.id);
    const mails = person?.mails ?? [];
    return {
      headline:
        actor.role === null ? `*${actor.name}*, no role here` : `*${actor.name}*, ${actor.role} from ${actor.source}`,
      context: `${actor.id}, by ${door}`,
      lines: [...(actor.role === null ? [strangerLine(actor, context)] : []), ...rightsLines(actor, ports)],
      fields: [
        ...(mails.length === 0 ? [] : [{ name: "Mail", value: mails.join(", ") }]),
        ...slackField(person?.slack ?? []),
        ...(person?.grants ?? []).map((grant) => ({ name: `As ${grant.role}`, value: originOf(grant) })),
      ],
      actions: [],
      sameAs: "same as /fleet whoami",
      data: { ...actor, mails, door, grants: person?.grants ?? [], ...standing(context) },
    };
  },
});

/** Slack users that are linked with the person. */
const slackField = (linked: Person["slack"]) =>
  linked.length === 0
    ? []
    : [{ name: "Slack", value: linked.map(({ team, user }) => `${user} of ${team}`).join(", ") }];

function strangerLine({ source }: Actor, { actor, ports }: ReadContext): string {
  const isKnown = ports.directory.byId(actor.id) !== null;
  if (isKnown && source !== ports.directory.source) return `You may use help and whoami, because of ${source}.`;
  const who = isKnown
    ? `${ports.directory.source} knows you, and gives you no role.`
    : `Nobody of ${ports.directory.source} is you.`;
  if (!isKnown && ports.linking !== undefined && actor.slackUser !== null)
    return `${who} Say link to show which Google account is yours; until then you may use help and whoami.`;
  return `${who} An admin can add you there; until then you may use help and whoami.`;
}

/** What narrows or widens the person's role, for machines. */
function standing({ actor, ports }: ReadContext) {
  const { blocks, lifts, onCall, scopes, readAt } = ports.rules.current();
  const theirs = ({ person }: { person: string }): boolean => person === actor.id;
  const names = new Set([actor.id, ...(actor.groups ?? [])]);
  return {
    known: { ...ports.directory.trust(), rulesReadAt: readAt },
    blocks: blocks.filter(theirs),
    lifts: lifts.filter(theirs),
    onCall: onCall.filter(theirs),
    scopes: scopes.filter(({ who }) => who.some((one) => names.has(one))),
  };
}
