import { ageSeconds } from "./domain/freshness.ts";
import { type OfferedPlan, type Plan, type PlannedTarget, shareOf } from "./domain/plan.ts";
import { timeToken } from "./domain/report.ts";
import { VERDICT_RANK } from "./domain/verdict.ts";
import { counted, listed, plain } from "./fleet-words.ts";

/** Agents that are told one by one; of more, the sick ones. */
const MOST_TOLD = 10;
/** Names of those who get nothing meanwhile. */
const MOST_DEPENDENTS = 4;
/** Every topic keeps at least so many entries (docs/protocol.md), so that fewer cannot be cut off before they are taken. */
const LEAST_KEPT = 1000;

/** "Restart @content", "Lift olga": what the plan is for, as it was typed. */
export function planTitle({ command, input, subjects, force }: Pick<Plan, "command" | "input" | "subjects" | "force">) {
  const typed = (input as { who?: unknown } | null)?.who;
  const who = Array.isArray(typed) ? typed.map((word) => plain(String(word), 60)) : subjects;
  const verb = command.replaceAll("-", " ");
  const title = `${verb.slice(0, 1).toUpperCase()}${verb.slice(1)} ${listed(who, 3)}`.trim();
  return force ? `${title} by force` : title;
}

/** What it would do, line by line, the most important first: the same words behind every door. */
export const planLines = (plan: Plan): string[] => [...workLines(plan), secondPersonLine(plan)];

/** The same without who has to agree, for whoever is asked to. */
export function workLines(plan: Plan): string[] {
  return [
    ...(plan.targets.length === 1 ? oneTarget(plan) : manyTargets(plan)),
    ...(plan.remarks ?? []),
    ...behindLines(plan),
    ...plan.groupsBelow.map((group) => `Less than the minimum of ${group} works meanwhile`),
    ...plan.brakes.map(({ why }) => `🔒 Passes a brake: ${why}`),
    ...plan.problems.map((problem) => `❔ ${problem}, so more is unknown than usual`),
  ];
}

/** "Valid until 03:37:10 or until billing changes. Nothing has happened yet." */
export function validLine({ plan, expiresAt }: Pick<OfferedPlan, "plan" | "expiresAt">): string {
  const subjects = plan.targets.length > 0 ? plan.targets.map(({ agent }) => agent) : plan.subjects;
  const [only] = subjects;
  const what = subjects.length === 1 && only !== undefined ? only : "one of them";
  return `Valid until ${timeToken(expiresAt)} or until ${what} changes. Nothing has happened yet.`;
}

/** "Plan changed: billing restarted at 03:34:50. Nothing was done." */
export const changedLine = (changes: readonly string[]): string =>
  `Plan changed: ${changes.length === 0 ? "what it was made from is no longer so" : changes.slice(0, 5).join("; ")}. Nothing was done.`;

function oneTarget(plan: Plan): string[] {
  const [target] = plan.targets;
  if (target === undefined) return [];
  const fleet = `1 of ${counted(plan.fleetSize, "agent")}`;
  return [`Now: ${stateWords(target, plan.asOf)}`, `Steps: ${stepsOf(plan)} · ${usually(plan)} · ${fleet}`];
}

function manyTargets(plan: Plan): string[] {
  const { targets, batches, asOf } = plan;
  if (targets.length === 0) return [`Steps: ${stepsOf(plan)} · ${usually(plan)}`];
  const share = `${Math.round(shareOf(plan) * 100)} % of the fleet`;
  const largest = Math.max(...batches.map((batch) => batch.length));
  const last = batches.at(-1) ?? [];
  const order =
    batches.length < 2 ? "side by side" : `${batches.length} batches of ≤ ${largest}, ${listed(last, 2)} last`;
  const told = targets.toSorted((one, other) => VERDICT_RANK[one.verdict] - VERDICT_RANK[other.verdict]);
  const rest = told.length - MOST_TOLD;
  return [
    [counted(targets.length, "agent"), share, order, budgetWords(plan), usually(plan)].join(", "),
    `Steps of each: ${stepsOf(plan)}`,
    ...told.slice(0, MOST_TOLD).map((target) => `• ${target.agent}: ${stateWords(target, asOf)}`),
    ...(rest > 0 ? [`… and ${rest} more`] : []),
  ];
}

const budgetWords = ({ budget }: Plan): string => `stops after ${counted(budget ?? 1, "failure")}`;

/** "working, 3 items in hand, oldest 0.4 s, 64 wait" */
function stateWords({ verdict, note, inFlight, oldestInFlightAt, waiting }: PlannedTarget, asOf: number): string {
  const held = inFlight === null ? null : inFlight === 0 ? "nothing in hand" : `${counted(inFlight, "item")} in hand`;
  const oldest =
    inFlight !== 0 && oldestInFlightAt !== null ? `oldest ${age(ageSeconds(oldestInFlightAt, asOf))}` : null;
  const queue = waiting === null || waiting === 0 ? null : `${waiting} wait`;
  const said = note === null ? verdict : `${verdict} (${note})`;
  return [said, held, oldest, queue].filter((words) => words !== null).join(", ");
}

const age = (seconds: number): string => `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;

const stepsOf = ({ stages, force }: Plan): string => {
  const steps = stages.filter((stage) => !force || stage !== "sent").join(", ");
  return force ? `no order over the bus, the supervisor ends it at once; ${steps}` : steps;
};

function usually({ usualSeconds, earlierRuns, targets }: Plan): string {
  if (usualSeconds === null) return "no estimate, nothing to go by yet";
  const runs = `from ${counted(earlierRuns, "earlier run")}`;
  return `${targets.length > 1 ? "about" : "usually"} ${Math.round(usualSeconds)} s, ${runs}`;
}

/** "Behind it: invoices and shipping wait about 9 s, about 37 items queue, none is lost" */
function behindLines(plan: Plan): string[] {
  const { dependents, queues, usualSeconds, interrupts } = plan;
  if (!interrupts) return [];
  const names = dependents.map(({ agent }) => agent);
  const wait = usualSeconds === null ? "meanwhile" : `about ${Math.round(usualSeconds)} s`;
  const who =
    names.length === 0 ? "nobody outside waits for it" : `${listed(names, MOST_DEPENDENTS)} get nothing ${wait}`;
  return [`Behind it: ${who}${queueWords(queues, usualSeconds)}`];
}

function queueWords(queues: Plan["queues"], seconds: number | null): string {
  if (queues.length === 0) return "";
  const known = queues.filter(({ perSecond }) => perSecond !== null);
  const rate = known.reduce((sum, { perSecond }) => sum + (perSecond ?? 0), 0);
  const topics = listed(
    queues.map(({ topic }) => topic),
    2,
  );
  if (known.length < queues.length || seconds === null) return `; what comes in queues in ${topics}`;
  const items = Math.round(rate * seconds);
  return `; about ${items} items queue in ${topics}${items < LEAST_KEPT ? ", none is lost" : ""}`;
}

function secondPersonLine({ secondPerson }: Plan): string {
  if (secondPerson === null) return "Second person: no";
  const { rule, why, whoCan } = secondPerson;
  const who = whoCan.length === 0 ? "nobody can agree now" : `${whoCan.length} can agree: ${listed(whoCan, 3)}`;
  return `Second person: yes, ${why} (rule ${rule}); ${who}`;
}
