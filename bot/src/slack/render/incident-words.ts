import { agentsOf, type Incident, isMeasured } from "@rollcall/core/domain/incident.ts";
import { isEnded, type Operation } from "@rollcall/core/domain/operation.ts";
import { isWorking, type Verdict } from "@rollcall/core/domain/verdict.ts";
import { SQUARES } from "@rollcall/core/fleet-words.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import type { AgentFacts, IncidentFacts } from "../incident-facts.ts";
import { HEADLINE_CHARACTERS } from "./blocks.ts";
import { tookSeconds, verdictWords } from "./operation-words.ts";
import { cut, foreign, nameSome } from "./text.ts";

/** The first line of a card: mark, bold words (they are linked), and what people outside feel. */
export interface HeadlineWords {
  readonly mark: string;
  readonly bold: string;
  readonly consequence: string | null;
}

const SICK: Readonly<Record<Verdict, { one: string; many: string }>> = {
  gone: { one: "is gone", many: "are gone" },
  missing: { one: "was never seen", many: "were never seen" },
  stopped: { one: "is stopped", many: "are stopped" },
  paused: { one: "is paused", many: "are paused" },
  draining: { one: "is draining", many: "are draining" },
  silent: { one: "is silent", many: "are silent" },
  deaf: { one: "is deaf", many: "are deaf" },
  "alive but not consuming": { one: "is alive but not consuming", many: "are alive but not consuming" },
  busy: { one: "is busy", many: "are busy" },
  slow: { one: "is slow", many: "are slow" },
  working: { one: "works, its alert still fires", many: "work, their alerts still fire" },
  up: { one: "is up, its alert still fires", many: "are up, their alerts still fire" },
  unexpected: { one: "is not expected", many: "are not expected" },
  unknown: { one: "cannot be asked", many: "cannot be asked" },
};

/** What the alert itself says, where the agent cannot be judged. */
const BY_ALERT: Readonly<Record<string, { one: string; many: string }>> = {
  AgentGone: SICK.gone,
  AgentNotWorking: { one: "does not work", many: "do not work" },
};

export function headlineOf(incident: Incident, facts: IncidentFacts, now: number): HeadlineWords {
  if (incident.state === "resolved") return resolvedWords(incident, facts, now);
  const failed = failedWords(facts.operation, now);
  const consequence = consequenceOf(incident, facts);
  if (failed !== null) return { ...failed, consequence };
  return { mark: SQUARES[incident.criticality], bold: firingWords(incident, facts), consequence };
}

function failedWords(operation: Operation | null, now: number): { mark: string; bold: string } | null {
  if (operation === null || !isEnded(operation)) return null;
  if (operation.ending === "recovered" || operation.ending === "done") return null;
  const { mark, words } = verdictWords(operation, now);
  return { mark, bold: words };
}

function firingWords(incident: Incident, { agents }: IncidentFacts): string {
  if (!isMeasured(incident)) return summaryOf(incident);
  const [worst] = agents;
  const count = agentsOf(incident).length;
  // Other alerts are about more than whether the agent works; they bring their own sentence.
  const about = BY_ALERT[incident.alertname];
  if (worst === undefined || (about === undefined && count <= 1)) return summaryOf(incident);
  if (about === undefined) return `${foreign(incident.alertname, 40)}: ${count} agents`;
  if (count === 1) return `${foreign(worst.id, 63)} ${(sickWords(worst) ?? about).one}`;
  const verdicts = new Set(agents.map((agent) => agent.judgement?.verdict));
  return `${count} agents ${verdicts.size === 1 ? (sickWords(worst) ?? about).many : "do not work"}`;
}

const sickWords = ({ judgement }: AgentFacts): { one: string; many: string } | null =>
  judgement === null || judgement.verdict === "unknown" ? null : SICK[judgement.verdict];

function summaryOf({ alerts, alertname }: Incident): string {
  const alert = alerts.find((candidate) => candidate.firing) ?? alerts[0];
  return foreign(alert?.annotations.summary || alertname, 60);
}

function consequenceOf(incident: Incident, { agents }: IncidentFacts): string | null {
  const ids = agentsOf(incident);
  if (ids.length > 1) return nameSome(worstFirst(ids, agents).map((id) => foreign(id, 63)));
  const said = agents[0]?.expected?.consequence ?? incident.alerts[0]?.annotations.consequence ?? null;
  return said ? foreign(said, 60) : null;
}

function worstFirst(ids: readonly string[], agents: readonly AgentFacts[]): string[] {
  const looked = agents.map((agent) => agent.id);
  return [...looked, ...ids.filter((id) => !looked.includes(id))];
}

/** "recovered" is said only if it is proven: by the operation's own canary, or by the evidence of this moment. */
function resolvedWords(incident: Incident, facts: IncidentFacts, now: number): HeadlineWords {
  const { operation, agents } = facts;
  const subject =
    agents.length === 0
      ? summaryOf(incident)
      : nameSome(
          agents.map(({ id }) => foreign(id, 63)),
          2,
        );
  const lasted = wholeDuration(((incident.resolvedAt ?? now) - incident.openedAt) / 1000);
  if (!isMeasured(incident))
    return { mark: "✅", bold: `Over: ${summaryOf(incident)}`, consequence: `lasted ${lasted}` };
  if (operation?.ending === "recovered")
    return {
      mark: "✅",
      bold: `${subject} recovered in ${wholeDuration(tookSeconds(operation, now))}`,
      consequence: null,
    };
  // Its restart has still to be written down; how long it took is not known before.
  if (operation !== null && !isEnded(operation))
    return { mark: "⏳", bold: verdictWords(operation, now).words, consequence: "its alert has ended" };
  if (agents.length === 0) return { mark: "✅", bold: `Over: ${subject}`, consequence: `lasted ${lasted}` };
  if (agents.every(isProven)) return { mark: "✅", bold: `${subject} recovered in ${lasted}`, consequence: null };
  if (agents.every(isOff)) return { mark: "⏹", bold: `${subject} off on purpose`, consequence: "the alert ended" };
  return { mark: "❔", bold: `${subject} no longer measured`, consequence: "the alert ended, work is not proven" };
}

const isProven = ({ judgement }: AgentFacts): boolean =>
  judgement !== null && isWorking(judgement.verdict) && (judgement.rung ?? 0) >= 4;
const isOff = ({ judgement }: AgentFacts): boolean => judgement?.health === "off";

/** The headline within its 80 characters: what people feel gives way first. */
export function fitHeadline({ bold, consequence }: Omit<HeadlineWords, "mark">): {
  bold: string;
  consequence: string | null;
} {
  const shownBold = cut(bold, HEADLINE_CHARACTERS - 10);
  const room = HEADLINE_CHARACTERS - 8 - [...shownBold].length;
  return { bold: shownBold, consequence: consequence === null || room < 12 ? null : cut(consequence, room) };
}
