import { z } from "zod";
import { defineCommand, type ReadContext } from "../command.ts";
import { Failure, isFailure } from "../domain/failure.ts";
import { plain } from "../fleet-words.ts";
import { recordsOf } from "../incidents/gather-incident.ts";
import { writerOf } from "../incidents/write-incident.ts";
import { CRITICALITIES, type ExpectedAgent } from "../protocol.ts";
import { selectAgents, who } from "../selector.ts";

const MOST_AGENTS = 100;

const input = z.strictObject({
  what: z.string().trim().min(1).max(200).describe("What is wrong, in a few words; in quotes where it is typed"),
  who,
  criticality: z.enum(CRITICALITIES).default("P2").describe("How bad it is; it rings nobody's phone"),
});

export default defineCommand({
  name: "incident-open",
  aliases: [],
  kind: "act",
  summary: "Open an incident that no rule sees: it gets a card, can be taken, noted and closed",
  role: "operator",
  danger: 1,
  input,
  words: ["what", "who"],
  examples: ['incident open "prices are stale"', 'incident open "orders arrive twice" order-intake --criticality P1'],
  // The same words at once are one incident; what a text names is no agent.
  subjects: (raw) => [`"${input.parse(raw).what}"`],
  async targets(raw, context) {
    recordsOf(context.ports);
    const { what, who: words } = input.parse(raw);
    await agentsMeant(words, what, context);
    return [];
  },
  stages: [
    {
      name: "opened",
      async run(_, { ports, operation }) {
        const { what, who: words, criticality } = input.parse(operation.input);
        const agents = (await agentsMeant(words, what, { ports })).map(({ id }) => id);
        const by = writerOf(operation);
        const wanted = { what, agents, criticality, by, openedAt: operation.createdAt, operation: operation.id };
        const { id } = await recordsOf(ports).open(wanted);
        return { state: "done", ending: "done", detail: `${id} is open` };
      },
    },
  ],
});

/** Nobody named: it is about none in particular. @throws Failure "unknown_agent", "invalid_input" */
async function agentsMeant(
  words: readonly string[],
  what: string,
  { ports }: Pick<ReadContext, "ports">,
): Promise<readonly ExpectedAgent[]> {
  if (words.length === 0) return [];
  try {
    const agents = await selectAgents(words, ports, { verb: "Open an incident about", isChange: true });
    if (agents.length <= MOST_AGENTS) return agents;
  } catch (error) {
    const isUnquoted = isFailure(error) && (error.code === "unknown_agent" || error.code === "invalid_input");
    if (!isUnquoted) throw error;
    const said = plain([what, ...words].join(" "), 60);
    throw new Failure(error.code, error.message, {
      ...error.detail,
      next: `Put what is wrong in quotes: incident open "${said}"`,
      cause: error,
    });
  }
  throw new Failure("invalid_input", `An incident names at most ${MOST_AGENTS} agents. Nothing was done.`, {
    ...{ found: words.join(" ").slice(0, 100), next: "Name a group's first ones, or nobody in particular." },
  });
}
