import { z } from "zod";
import { defineCommand, type Ports } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import { counted, listed, plain } from "../fleet-words.ts";
import { personActor } from "../person-actor.ts";
import { mayAsk, rightsOf } from "../policy.ts";
import type { OnCallTurn } from "../ports/on-calls.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { selectAgents, who } from "../selector.ts";
import { APPROVAL } from "../who-may-approve.ts";

const input = z.strictObject({ who });
const MOST_TURNS = 8;
const MOST_OWNERS = 6;
const NAMED = 5;

export default defineCommand({
  name: "who",
  aliases: ["oncall", "on-call"],
  kind: "read",
  summary: "Show who is on call, who is rung next, who owns agents and who may agree",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["who", "who billing", "who @orders"],
  async run(raw, { ports }) {
    const { who: words } = input.parse(raw);
    const agents = await selectAgents(words, ports, { verb: "Look at", isChange: false });
    const { turns, source, problem, asOf } = await readTurns(ports);
    const approvers = namesOfApprovers(ports);
    return {
      headline: headlineOf(turns, problem),
      context: `${source} · as of ${timeToken(asOf)}`,
      lines: [
        ...(problem === null ? [] : [problem]),
        ...turns.slice(0, MOST_TURNS).map(turnLine),
        ...(turns.length > MOST_TURNS ? [`and ${turns.length - MOST_TURNS} more`] : []),
        ...(words.length === 0 ? [] : ownerLines(agents)),
        approvers.length === 0
          ? "Nobody may agree to what needs a second person."
          : `May agree to what needs a second person: ${listed(approvers, NAMED)}`,
      ],
      ...{ fields: [], actions: [] },
      sameAs: ["same as /fleet who", ...words].join(" "),
      data: { at: asOf, source, problem, turns, approvers, agents: agents.map(({ id, owner }) => ({ id, owner })) },
    };
  },
});

interface Known {
  readonly turns: readonly OnCallTurn[];
  readonly source: string;
  readonly problem: string | null;
  readonly asOf: number;
}

/** By PagerDuty if it is asked, else by the times of access.yaml. */
async function readTurns({ onCalls, rules, directory, clock }: Ports): Promise<Known> {
  const { onCall } = rules.current();
  const named = onCall.map(({ person, until }): OnCallTurn => {
    const name = directory.byId(person)?.name ?? person;
    return { name, level: 1, policy: "access.yaml", schedule: null, until };
  });
  const own = { turns: named, source: "by access.yaml; PagerDuty is not asked", problem: null, asOf: clock.now() };
  if (onCalls === undefined) return own;
  try {
    return { ...(await onCalls.now()), source: "by PagerDuty", problem: null };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { ...own, source: "by access.yaml", problem: `❔ ${error.message}` };
  }
}

function headlineOf(turns: readonly OnCallTurn[], problem: string | null): string {
  const first = turns.filter(({ level }) => level === 1);
  const names = [...new Set(first.map(({ name }) => plain(name, 60)))];
  if (names.length > 0) return `*On call: ${listed(names, 3)}*`;
  return problem === null ? "❔ *Nobody is on call*" : "❔ *It is not known who is on call*";
}

/** "rung 1st: Olga until 08:00 (payments primary) · Payments" */
function turnLine({ name, level, policy, schedule, until }: OnCallTurn): string {
  const end = until === null ? "" : ` until ${timeToken(until)}`;
  const plan = schedule === null ? "" : ` (${plain(schedule, 60)})`;
  return `${level}. *${plain(name, 60)}*${end}${plan}${policy === "" ? "" : ` · ${plain(policy, 60)}`}`;
}

function ownerLines(agents: readonly ExpectedAgent[]): string[] {
  const owners = [...Map.groupBy(agents, ({ owner }) => owner)];
  const lines = owners.slice(0, MOST_OWNERS).map(([owner, own]) => {
    const ids = listed(
      own.map(({ id }) => id),
      NAMED,
    );
    const books = [...new Set(own.flatMap(({ runbook }) => runbook ?? []))];
    return `Owner *${owner}*: ${ids}${books.length === 1 ? ` · runbook ${plain(books[0] as string, 200)}` : ""}`;
  });
  const rest = owners.length - MOST_OWNERS;
  return rest > 0 ? [...lines, `and ${counted(rest, "more owner")}`] : lines;
}

function namesOfApprovers(ports: Ports): string[] {
  const rights = rightsOf(ports);
  const admins = ports.directory.withRole(APPROVAL.role);
  return admins
    .filter((person) => mayAsk({ actor: personActor(person, rights), command: APPROVAL, ...rights }))
    .map(({ name }) => name);
}
