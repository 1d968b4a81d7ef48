import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createPool, query } from "@rollcall/core/adapters/postgres/pool.ts";
import { type Outcome, outcome } from "../drill.ts";
import { CONTROL_SHARE, type Course } from "./course.ts";
import { duplicates, type Effects, effectsOf, readEffects } from "./effects.ts";
import type { CrashStage } from "./stage.ts";
import { look, type SeenOperation } from "./wishes.ts";

/** Unknown outcomes must be known after this. */
const SETTLED_WITHIN_MS = 120_000;

/** What was done. */
export function describeCourse(course: Course, points: number): Outcome[] {
  const { lives, accepted, refused, crashes, seconds, controlStarts } = course;
  const { "control service": ofControl, agent: ofAgents } = lives.reached;
  const places = [...lives.struck].toSorted().map(([place, count]) => `${place} ${count}`);
  const found = `${ofControl + ofAgents} (${places.join(", ")}) in ${Math.round(seconds)} s; ${lives.missed} not reached`;
  const leastOfControl = Math.round(points * CONTROL_SHARE);
  return [
    outcome(`at least ${points} crash points`, found, ofControl + ofAgents >= points),
    outcome(`at least ${leastOfControl} of them of control services`, ofControl, ofControl >= leastOfControl),
    outcome(
      "stores killed meanwhile",
      `Redis ${crashes.redis} times, PostgreSQL ${crashes.postgres} times`,
      crashes.redis > 0 && crashes.postgres > 0,
    ),
    outcome("control service started", `${controlStarts} times`, true),
    outcome("accepted", `${accepted.length} operations; refused ${counted(refused)}`, accepted.length > 0),
  ];
}

/** Whether every promise was kept. */
export async function judgeCourse(stage: CrashStage, course: Course): Promise<Outcome[]> {
  const operations = await settle(course);
  const effects = await readEffects(stage.agents.map(stage.agentDir));
  return [
    noneOf("duplicate effects in the agents' ledgers", duplicates(effects), effects.times.size),
    noneOf("lost", lostOf(course, operations), course.accepted.length),
    noneOf("unknown two minutes after the last fault", idsOf(operations, isUnknown), operations.length),
    noneOf("effects of what was said not to have been done", liars(operations, effects), operations.length),
    ...(await untilAnswered(() => judgeDatabase(stage, course))),
    noneOf("not recovered by a restart at the end", notRecovered(course), course.last.length),
    outcome("endings", counted(operations.map(({ command, ending }) => `${command} ${ending}`)), true),
  ];
}

const noneOf = (fact: string, found: readonly string[], of: number): Outcome =>
  outcome(
    `0 ${fact}`,
    `${found.length} of ${of}${found.length === 0 ? "" : `: ${found.join(", ")}`}`,
    found.length === 0,
  );

const isUnknown = ({ ending }: SeenOperation): boolean => ending === "unknown";
const idsOf = (operations: readonly SeenOperation[], fits: (one: SeenOperation) => boolean): string[] =>
  operations.filter(fits).map(({ id, error }) => `${id} (${error})`);

function lostOf({ accepted, unanswered }: Course, operations: readonly SeenOperation[]): string[] {
  const ended = new Set(operations.filter(({ state }) => state === "ended").map(({ id }) => id));
  return [...unanswered, ...accepted.filter((id) => !ended.has(id))];
}

const liars = (operations: readonly SeenOperation[], effects: Effects): string[] =>
  operations
    .filter(({ error }) => error?.includes("Nothing was done") === true)
    .flatMap(({ id }) => effectsOf(effects, id));

const notRecovered = ({ last }: Course): string[] =>
  last.filter((one) => one?.ending !== "recovered").map((one) => `${one?.id} ${one?.ending}: ${one?.error}`);

/** As they are once nothing is unknown any more, or the time for that is over. */
async function settle({ accepted, url }: Course): Promise<SeenOperation[]> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const seen = await Promise.all(accepted.map((id) => look(url, id)));
    const found = seen.filter((one) => one !== null);
    const isSettled =
      found.length === accepted.length && found.every((one) => one.state === "ended" && !isUnknown(one));
    if (isSettled || Date.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** PostgreSQL may not answer in time while the machine is busy, and has only to be looked at. */
async function untilAnswered<Answer>(ask: () => Promise<Answer>, tries = 10): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (tries === 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return untilAnswered(ask, tries - 1);
  }
}

async function judgeDatabase({ ownerUrl }: CrashStage, { keys }: Course): Promise<Outcome[]> {
  const pool = createPool({ url: ownerUrl, name: "rollcall-drill" });
  try {
    const rows = await query<{ made: string; bugs: string }>(
      pool,
      `select count(*) as made, count(*) filter (where targets::text like '%something broke%') as bugs from operations`,
      [],
    );
    const made = Number(rows[0]?.made);
    const bugs = Number(rows[0]?.bugs);
    const { unbroken, rows: length } = await createAuditLog(pool).verify();
    return [
      outcome("no wish made two operations", `${made} operations of ${keys.length} wishes`, made <= keys.length),
      outcome("0 stages ended by a bug", bugs, bugs === 0),
      outcome("the audit log is unbroken", `${unbroken ? "unbroken" : "broken"}, ${length} rows`, unbroken),
    ];
  } finally {
    await pool.end();
  }
}

/** `restart recovered 12, stop done 3` */
export function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size === 0) return "0";
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([word, count]) => `${word} ${count}`)
    .join(", ");
}
