import { processLine, rungLine, waitingOf, waitingWords } from "./agent-evidence.ts";
import { deafLines } from "./bus-words.ts";
import type { ReadContext } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import { type Incident, isMeasured } from "./domain/incident.ts";
import type { Operation } from "./domain/operation.ts";
import { type Report, timeToken } from "./domain/report.ts";
import { agentData, agentLine, asOf, lookAction, restartActions } from "./fleet-report.ts";
import { plain } from "./fleet-words.ts";
import { nameOf } from "./incidents/incident-words.ts";
import { observeFleet, type SeenAgent } from "./observe-fleet.ts";
import { selectAgents } from "./selector.ts";

/** Lines of what the process said last. */
const LAST_LINES = 3;

/** What is wrong with an agent, since when, and on what evidence. @throws Failure "unknown_agent", "unavailable" */
export async function explainAgent(name: string, context: ReadContext): Promise<Report & { data: unknown }> {
  const { ports } = context;
  const chosen = (await selectAgents([name], ports, { verb: "Explain", isChange: false })).slice(0, 1);
  const id = chosen[0]?.id ?? name;
  const [view, waiting, deaf, incidents, running, restarts] = await Promise.all([
    observeFleet(ports, chosen),
    waitingOf(id, context),
    deafLines(ports, new Set([id])),
    known(ports.incidents.open(id)),
    known(ports.operations.list({ running: true, agent: id, limit: 1 })),
    known(ports.operations.history("restart", id)),
  ]);
  const seen = view.agents[0] as SeenAgent;
  return {
    headline: agentLine(seen),
    context: `${seen.expected.consequence} when it does not work · ${asOf(view)}`,
    lines: [
      rungLine(seen, view.at),
      processLine(seen),
      ...lastWords(seen),
      ...deaf,
      `Waiting ${waitingWords(waiting)}`,
      firingWords(incidents),
      runningWords(running),
      restarts === null ? "Earlier restarts are not known" : triedWords(restarts),
    ],
    fields: [],
    actions: [
      lookAction("Roll call", "roll-call", { who: [id] }),
      ...(seen.expected.desired.state === "running" ? restartActions([seen], context, view.at) : []),
      lookAction("Show", "agent", { id }),
    ],
    sameAs: `same as /fleet why ${id}`,
    data: { at: view.at, problems: view.problems, ...agentData(seen), waiting, restarts },
  };
}

/** What PostgreSQL knows; null while it is away, because looking goes on without it. */
async function known<Result>(asked: Promise<Result>): Promise<Result | null> {
  try {
    return await asked;
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return null;
    throw error;
  }
}

const lastWords = ({ process, judgement }: SeenAgent): string[] =>
  judgement.health === "healthy" || process === null
    ? []
    : process.lastErrors.slice(-LAST_LINES).map((line) => `> ${plain(line, 200)}`);

function firingWords(incidents: readonly Incident[] | null): string {
  if (incidents === null) return "Whether an alert fires is not known";
  const [first] = incidents;
  if (first === undefined) return "No alert fires";
  const { id, openedAt, acknowledgedBy } = first;
  const taken = acknowledgedBy === null ? "nobody has it" : `👀 ${acknowledgedBy.name}`;
  const name = isMeasured(first) ? `${nameOf(first)} fires` : `"${nameOf(first)}" is open`;
  return `${name} since ${timeToken(openedAt)} (${id}), ${taken}`;
}

function runningWords(running: readonly Operation[] | null): string {
  if (running === null) return "Whether something is done about it is not known";
  const [first] = running;
  return first === undefined
    ? "Nothing is being done about it"
    : `⏳ ${first.id} ${first.command} by ${first.actor.name} is under way`;
}

const triedWords = ({ tried, helped }: { tried: number; helped: number }): string =>
  tried === 0 ? "It was never restarted from here" : `A restart helped ${helped} of ${tried} times`;
