import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import { BY_SILENCING } from "@rollcall/core/brakes/run-silence.ts";
import { agentsOf, firingAgents, type Incident, isMeasured } from "@rollcall/core/domain/incident.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import { PLANNED_WORK } from "@rollcall/core/domain/planned-work.ts";
import type { Button, KnownBlock } from "@slack/types";
import type { IncidentFacts } from "../incident-facts.ts";
import { card, context, fields, joined, optional, section } from "./blocks.ts";
import { buttonRow, linkButton, type OrderButton } from "./buttons.ts";
import { actionLabel, confirmWords } from "./confirm-words.ts";
import { closeButtons, endedButtons, noteButton } from "./incident-buttons.ts";
import { changedWords, historyWords, inHandWords, rungLine, waitingWords } from "./incident-facts-words.ts";
import { fitHeadline, headlineOf } from "./incident-words.ts";
import { agentPage, linked, runbookPage } from "./links.ts";
import { mutedWords } from "./muted-words.ts";
import { actorName, behindWords, type Frame, stageSection } from "./operation.ts";
import { verbOf } from "./operation-words.ts";
import { giveBackButtons, silenceButton, silencedWords } from "./silence-words.ts";
import { clockTime, errorWords, foreign } from "./text.ts";

/** Writes the input of a command as the command path expects it: `restart` of these agents, `ack` of this incident. */
export interface InputOf {
  agents(command: string, agents: readonly string[]): OrderButton["order"]["input"];
  incident(command: string, incident: string): OrderButton["order"]["input"];
}

/** More agents than this are a plan and a second person, not a button (ux section 2, danger 3). */
const BUTTON_AGENTS = 3;

/** The one message of an alert group, from firing to its end. */
export function incidentCard(
  incident: Incident,
  facts: IncidentFacts,
  frame: Frame & { inputOf: InputOf },
): ChatMessage {
  const { mark, ...words } = headlineOf(incident, facts, frame.now);
  const { bold, consequence } = fitHeadline(words);
  const [worst] = facts.agents;
  const page = worst === undefined ? null : agentPage(frame.links, worst.id, incident.openedAt);
  const title = page === null ? bold : linked(page, bold);
  const headline = `${mark} ${incident.criticality} *${title}*${consequence === null ? "" : ` — ${consequence}`}`;
  return card(cardText(incident, facts, frame.now), [
    section(headline),
    context(incident.state === "resolved" ? endedWords(incident, facts, frame) : sinceWords(incident, facts, frame)),
    ...(facts.operation === null ? [] : operationSections(facts.operation, frame.now)),
    ...(incident.state === "resolved" || isUnderWay(facts) ? [] : evidence(facts, frame.now)),
    ...closedSections(incident),
    ...(incident.state === "resolved"
      ? endedButtons(incident, logsButtons(facts, frame.inputOf))
      : cardButtons(incident, facts, frame)),
  ]);
}

/** For the lock screen: the headline without marks, and the best next fact. */
function cardText(incident: Incident, facts: IncidentFacts, now: number): string {
  const { bold, consequence } = headlineOf(incident, facts, now);
  const head = `${incident.criticality} ${bold}${consequence === null ? "" : `, ${consequence}`}.`;
  const { history, operation, cause } = facts;
  if (cause !== null && incident.state !== "resolved") return `${head} Caused by ${cause.id}.`;
  const ended = endedWindow(incident, facts.agents);
  if (ended !== null && incident.state !== "resolved") return `${head} After ${ended}, which has ended.`;
  if (incident.state === "resolved" || operation !== null) return head;
  if (history === null || history.tried === 0) return head;
  return `${head} Restart helped ${history.helped} of ${history.tried} times.`;
}

function sinceWords(incident: Incident, facts: IncidentFacts, frame: Frame): string {
  const { agents, asOf } = facts;
  const [worst] = agents;
  const judgement = worst?.judgement ?? null;
  const beatAt = worst?.beat?.at ?? null;
  const firing = incident.alerts.filter((alert) => alert.firing).map((alert) => alert.startsAt);
  const since = judgement?.since ?? (firing.length > 0 ? Math.min(...firing.slice(0, 1000)) : incident.openedAt);
  return joined([
    incident.openedBy !== undefined && `opened by @${foreign(incident.openedBy.name, 60)}`,
    silencedWords(facts.silence),
    takenWords(incident, facts.silence),
    `since ${clockTime(since)}`,
    beatAt !== null && agents.length === 1 && (judgement?.rung ?? 0) < 2 && `last heartbeat ${clockTime(beatAt)}`,
    judgement === null || judgement.rung === null
      ? worst !== undefined && "rung not measured"
      : agents.length === 1 && `rung ${judgement.rung} of 5`,
    ...doingWords(incident, facts, frame.now),
    `as of ${clockTime(asOf ?? frame.now)}`,
    behindWords(frame.behindMinutes),
  ]);
}

/** "caused by op-481, a restart by @you", "alerts of billing muted by op-481 until 02:43:30": what we do ourselves is named. */
const doingWords = (
  incident: Incident,
  { agents, cause, operation }: IncidentFacts,
  now: number,
): (string | null)[] => [
  maintenanceWords(agents) ?? endedWindowWords(incident, agents),
  cause === null ? null : `caused by ${cause.id}, a ${foreign(cause.command, 30)} by ${actorName(cause)}`,
  operation === null ? null : mutedWords(operation, now),
];

/** "billing in maintenance (mw-3) by Olga until 03:15:00": what fires now was firing before, or rings all the same. */
function maintenanceWords(agents: IncidentFacts["agents"]): string | null {
  const found = agents.find(({ maintenance }) => maintenance !== null);
  if (found === undefined || found.maintenance === null) return null;
  const { id, by, endsAt } = found.maintenance;
  return `${foreign(found.id, 63)} in maintenance (${id}) by ${foreign(by, 60)} until ${clockTime(endsAt)}`;
}

/** "began in maintenance mw-3, which has ended": muted by it until then. */
function endedWindowWords(incident: Incident, agents: IncidentFacts["agents"]): string | null {
  const window = endedWindow(incident, agents);
  return window === null ? null : `began in ${window}, which has ended`;
}

/** "maintenance mw-3", as its alert names it; null while the agent is still in one, which is said then. */
function endedWindow({ alerts }: Pick<Incident, "alerts">, agents: IncidentFacts["agents"]): string | null {
  if (agents.some(({ maintenance }) => maintenance !== null)) return null;
  const works = alerts.filter(({ firing }) => firing).map(({ annotations }) => annotations.planned_work ?? "");
  return works.find((work) => PLANNED_WORK.test(work) && work.startsWith("maintenance")) ?? null;
}

/** "👀 @you 02:41:26, by restarting" */
function takenWords(
  { acknowledgedBy, acknowledgedAt, acknowledgedHow }: Incident,
  silence: IncidentFacts["silence"] = null,
): string | null {
  // Who silenced it has it, and is named once.
  if (silence !== null && acknowledgedHow === BY_SILENCING) return null;
  if (acknowledgedBy === null || acknowledgedAt === null) return null;
  const how = acknowledgedHow === null ? "" : `, ${foreign(acknowledgedHow, 40)}`;
  return `👀 @${foreign(acknowledgedBy.name, 60)} ${clockTime(acknowledgedAt)}${how}`;
}

/** "gone 02:40:52 → working 02:41:46 → alert clear 02:42:07 · restarted by @you (op-481)" */
function endedWords(incident: Incident, { operation }: IncidentFacts, frame: Frame): string {
  if (!isMeasured(incident)) return closedByHandWords(incident, frame);
  const began = Math.min(incident.openedAt, ...incident.alerts.slice(0, 1000).map((alert) => alert.startsAt));
  const worked = operation?.targets[0]?.stages.find(({ name, state }) => name === "working" && state === "done");
  const course = [
    `${incident.alertname === "AgentGone" ? "gone" : "alert since"} ${clockTime(began)}`,
    ...(worked?.endedAt == null ? [] : [`working ${clockTime(worked.endedAt)}`]),
    `alert clear ${clockTime(incident.resolvedAt ?? frame.now)}`,
  ];
  return joined([
    course.join(" → "),
    operation === null
      ? takenWords(incident)
      : `${verbOf(operation.command).past} by ${actorName(operation)} (${operation.id})`,
    behindWords(frame.behindMinutes),
  ]);
}

/** "opened 02:40:52 by @you → closed 02:52:10 by @you" */
const closedByHandWords = ({ openedAt, openedBy, resolvedAt, closed }: Incident, frame: Frame): string =>
  joined([
    [
      `opened ${clockTime(openedAt)} by @${foreign(openedBy?.name ?? "somebody", 60)}`,
      `closed ${clockTime(resolvedAt ?? frame.now)} by @${foreign(closed?.by.name ?? "somebody", 60)}`,
    ].join(" → "),
    behindWords(frame.behindMinutes),
  ]);

const isUnderWay = ({ operation }: Pick<IncidentFacts, "operation">): boolean =>
  operation !== null && !isEnded(operation);

/** "⏳ *Restarting* (op-481) ▓▓░░░ about 30 s left …" while it runs; its stages alone once it has ended. */
function operationSections(operation: Operation, now: number): ReturnType<typeof stageSection> {
  const [stages, ...rest] = stageSection(operation, now);
  if (stages?.text === undefined || isEnded(operation)) return stages === undefined ? rest : [stages, ...rest];
  return [section(`⏳ *${verbOf(operation.command).running}* (${operation.id}) ${stages.text.text}`), ...rest];
}

function evidence(
  { agents, history, asOf, changed }: IncidentFacts,
  now: number,
): (KnownBlock & { optional?: true })[] {
  const [worst] = agents;
  if (worst === undefined) return [];
  const at = asOf ?? now;
  const rungs = rungLine(worst, at);
  const values = [waitingWords(worst.waiting), inHandWords(worst, at)].filter((value) => value !== null);
  const errors = (worst.process?.lastErrors ?? []).slice(-1).map((line) => `*Last error* ${errorWords(line)}`);
  const past = [
    changedWords(
      changed,
      agents.map(({ id }) => id),
    ),
    historyWords(history),
  ].filter((words) => words !== null);
  const name = agents.length > 1 ? `*${foreign(worst.id, 63)}* ` : "";
  return [
    ...(rungs === null ? [section("Its rungs cannot be read now: the bus does not answer.")] : [section(name + rungs)]),
    ...fields(values).map(optional),
    ...(past.length === 0 ? [] : [optional(section(past.join(" · ")))]),
    ...errors.map((line) => optional(section(line))),
  ];
}

/** First what never hurts, then what helped most often, then what is written about it. */
function cardButtons(
  incident: Incident,
  facts: IncidentFacts,
  { links, inputOf, now }: Frame & { inputOf: InputOf },
): KnownBlock[] {
  const firing = firingAgents(incident);
  const acknowledge: OrderButton[] =
    incident.acknowledgedBy === null
      ? [
          {
            label: "Acknowledge",
            order: { command: "ack", input: inputOf.incident("ack", incident.id), incident: incident.id },
          },
        ]
      : [];
  const rollCall: OrderButton[] =
    firing.length === 0 || firing.length > 20
      ? []
      : [{ label: "Roll call", order: { command: "roll-call", input: inputOf.agents("roll-call", firing) } }];
  const restart = restartButton(incident, facts, { inputOf, now });
  const named = incident.alerts.find((alert) => alert.annotations.runbook_url)?.annotations.runbook_url ?? null;
  const page = runbookPage(links, facts.agents[0]?.expected?.runbook ?? named, incident.alertname);
  const runbook: Button[] = page === null ? [] : [linkButton("Runbook", page)];
  const silence = firing.length === 0 ? [] : [silenceButton(incident.id, facts.silence)];
  return buttonRow(
    [...acknowledge, ...closeButtons(incident), ...(restart === null ? rollCall : [restart]), ...runbook],
    [
      ...(restart === null ? [] : rollCall),
      ...logsButtons(facts, inputOf),
      ...silence,
      noteButton(incident),
      ...giveBackButtons(incident),
    ],
  );
}

const logsButtons = ({ agents: [worst] }: IncidentFacts, inputOf: InputOf): OrderButton[] =>
  worst === undefined ? [] : [{ label: "Logs", order: { command: "logs", input: inputOf.agents("logs", [worst.id]) } }];

/** "*It was* the price feed hung · *Helped* restart of the feed", of what was closed by hand. */
function closedSections({ closed }: Incident): KnownBlock[] {
  if (closed === undefined) return [];
  const helped = closed.helped === null ? null : `*Helped* ${foreign(closed.helped, 300)}`;
  return [section(joined([`*It was* ${foreign(closed.cause, 300)}`, helped]))];
}

/** Offered where agents are sick, nothing is under way, and restarts have not proven useless (ux section 7, touch 4). */
function restartButton(
  incident: Incident,
  { agents, history, operation, asOf }: IncidentFacts,
  { inputOf, now }: { inputOf: InputOf; now: number },
): OrderButton | null {
  const firing = firingAgents(incident);
  if (firing.length === 0 || agentsOf(incident).length > BUTTON_AGENTS) return null;
  if (isUnderWay({ operation }) || operation?.ending === "did-not-help") return null;
  if (history !== null && history.tried >= 3 && history.helped * 2 < history.tried) return null;
  const touched = agents.filter(({ id }) => firing.includes(id));
  if (touched.every(({ judgement }) => judgement?.health === "off")) return null;
  const intent = {
    command: "restart",
    agents: touched,
    history,
    acknowledges: incident.acknowledgedBy === null,
    asOf: asOf ?? now,
    summary: "",
  };
  return {
    label: touched.length === 1 ? "Restart" : actionLabel(intent),
    order: { command: "restart", input: inputOf.agents("restart", firing), incident: incident.id },
    danger: true,
    confirm: confirmWords(intent),
  };
}
