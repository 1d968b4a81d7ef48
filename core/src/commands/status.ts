import { z } from "zod";
import { clockLines } from "../agent-remarks.ts";
import { deafLines } from "../bus-words.ts";
import { defineCommand, type ReadContext } from "../command.ts";
import { isFailure } from "../domain/failure.ts";
import { firingAgents, type Incident } from "../domain/incident.ts";
import type { Operation } from "../domain/operation.ts";
import { agentData, agentLine, asOf, lookAction, restartActions, tallyOf, workHeadline } from "../fleet-report.ts";
import { countsLine, listed, offWords, SQUARES, sinceWords } from "../fleet-words.ts";
import { nameOf } from "../incidents/incident-words.ts";
import { observeFleet, type SeenAgent } from "../observe-fleet.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who });
/** Subscriptions that are told; `bus subs` has them all. */
const MOST_DEAF = 3;

export default defineCommand({
  name: "status",
  aliases: ["st"],
  kind: "read",
  summary: "Show the fleet in five lines",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["status", "status @orders"],
  async run(raw, context) {
    const { ports } = context;
    const { who: words } = input.parse(raw);
    const agents = await selectAgents(words, ports, { verb: "Show", isChange: false });
    const ids = new Set(agents.map(({ id }) => id));
    const [view, running, firing, deaf] = await Promise.all([
      observeFleet(ports, agents),
      known(ports.operations.list({ running: true, limit: 10 })),
      known(ports.incidents.open()),
      deafLines(ports, ids),
    ]);
    const tally = tallyOf(view);
    const shown = (one: Incident): boolean => one.alerts.some(({ agent }) => agent === null || ids.has(agent));
    const incidents = firing?.filter((one) => words.length === 0 || shown(one)) ?? null;
    return {
      headline: workHeadline(tally, view.problems),
      context: asOf(view),
      lines: [
        countsLine(view),
        sickLine([...tally.sick, ...tally.unknown, ...tally.working.filter(isDegraded)]),
        ...unprovableLines(tally.unprovable),
        ...deaf.slice(0, MOST_DEAF),
        ...clockLines(tally.working),
        offLine(tally.off),
        runningLine(running),
        firingLine(incidents, context),
      ],
      fields: [],
      actions: [
        lookAction("Roll call", "roll-call", { who: words }),
        ...restartActions(tally.sick, context, view.at),
        lookAction("Agents", "agents", { who: words }),
      ],
      sameAs: ["same as /fleet status", ...words].join(" "),
      data: {
        at: view.at,
        problems: view.problems,
        agents: view.agents.map(agentData),
        running: running?.map(({ id, command }) => ({ id, command })) ?? null,
        firing: incidents?.map(({ id, alertname }) => ({ id, alertname })) ?? null,
      },
    };
  },
});

/** @returns null if PostgreSQL does not answer: that is not known then, and never "none" */
async function known<Found>(asked: Promise<Found[]>): Promise<Found[] | null> {
  try {
    return await asked;
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return null;
    throw error;
  }
}

const isDegraded = ({ judgement }: SeenAgent): boolean => judgement.health === "degraded";

function sickLine(sick: readonly SeenAgent[]): string {
  if (sick.length === 0) return "🟢 Nobody is sick";
  const more = sick.length > 3 ? ` and ${sick.length - 3} more` : "";
  return `${sick.slice(0, 3).map(agentLine).join(", ")}${more}`;
}

const unprovableLines = (agents: readonly SeenAgent[]): string[] =>
  agents.length === 0
    ? []
    : [
        `⚪ ${listed(
          agents.map(({ expected }) => `*${expected.id}*`),
          3,
        )} up, work not provable`,
      ];

const offLine = (off: readonly SeenAgent[]): string =>
  off.length === 0
    ? "Nobody is off on purpose"
    : `⏹ ${listed(
        off.map((seen) => `*${seen.expected.id}* ${offWords(seen)}`),
        3,
      )}`;

function runningLine(running: readonly Operation[] | null): string {
  if (running === null) return "❔ What runs is not known: PostgreSQL does not answer";
  if (running.length === 0) return "Nothing runs";
  const words = running.map(({ id, command, targets, actor }) => {
    const agents = listed(
      targets.map(({ agent }) => agent),
      2,
    );
    return `${id} ${`${command} ${agents}`.trim()} by ${actor.name}`;
  });
  return `⏳ ${listed(words, 3)}`;
}

function firingLine(firing: readonly Incident[] | null, { ports }: ReadContext): string {
  if (firing === null) return "❔ What fires is not known: PostgreSQL does not answer";
  if (firing.length === 0) return "Nothing fires";
  const worst = firing.toSorted((a, b) => a.criticality.localeCompare(b.criticality));
  const words = worst.map((incident) => {
    const taker = incident.acknowledgedBy;
    const taken = taker === null ? "" : `, 👀 ${ports.directory.byId(taker.id)?.name ?? taker.name}`;
    const agents = listed(firingAgents(incident), 2);
    const what = `${incident.id} ${`${nameOf(incident)} ${agents}`.trim()}`;
    return `${SQUARES[incident.criticality]} ${what}${sinceWords(incident.openedAt)}${taken}`;
  });
  return listed(words, 3);
}
