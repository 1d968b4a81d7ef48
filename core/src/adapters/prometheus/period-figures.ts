import type { ChartLine, ChartPanel } from "../../domain/chart.ts";
import { isFailure } from "../../domain/failure.ts";
import type { MeasuredPeriod, PeriodFigures } from "../../domain/period-figures.ts";
import { isWorking, VERDICTS } from "../../domain/verdict.ts";
import type { Line, Sample } from "./client.ts";
import { type Asking, numberIn, readSpans, secondsSince } from "./measured.ts";
import { matching, oncePer, quantileOf, totalOf } from "./promql.ts";

/** How long a period is, and how many agents it is about: what a question costs goes with both. */
export interface AskedPeriod {
  readonly seconds: number;
  readonly agents: number;
}

/** Prometheus takes a few seconds for so many samples, and refuses a question with 50 million. */
const MOST_SAMPLES = 4_000_000;
/** Three measurements: closer looks see nothing more. */
const LEAST_STEP_SECONDS = 15;
const LOWEST = 3;
/** A picture is 600 pixels wide. */
const MOMENTS = 240;
/** What began to be measured only now is drawn over so much time. */
const LEAST_DRAWN_SECONDS = 900;
/** Looks within one moment of the picture, so that what was short is seen. */
const LOOKS = 40;

/** Seconds between two looks at so many series, such that it stays cheap. */
const stepFor = (seconds: number, series: number): number =>
  Math.max(LEAST_STEP_SECONDS, Math.ceil((seconds * Math.max(1, series)) / MOST_SAMPLES));

/** What each figure is made of. A series of a window is looked at in steps: a month of each measurement would be too much. */
function queriesOf(fleet: string, { seconds, agents }: AskedPeriod) {
  const own = matching({ fleet });
  const window = (series: number): string => `[${seconds}s:${stepFor(seconds, series)}s]`;
  const grown = (metric: string, by: string, series: number): string =>
    oncePer(by, `increase(${metric}${own}${window(series)})`);
  const over = (selector: string): string => `avg_over_time(${selector}[${seconds}s])`;
  const judged = `rollcall_fleet_agents_judged${matching({ fleet, verdict: AT_WORK })}`;
  const wanted = `rollcall_fleet_agents_desired${matching({ fleet, state: "running" })}`;
  const perAgent = (name: string): string => oncePer("agent", `rollcall_agent_${name}${own}`);
  const proven = [
    `(${perAgent("rung")} >= bool 4)`,
    `unless on (agent) (${perAgent("health_code")} == 4)`,
    `unless on (agent) (${perAgent("provable_rung")} < 4)`,
  ].join(" ");
  // A topic has 15 buckets, and there are about as many topics as agents.
  const buckets = grown("rollcall_bus_publish_to_handle_seconds_bucket", "topic, le", agents * 15);
  return {
    // Each look that found the exporter stands for one step: gaps are not counted, as they are between first and last.
    looks: `count_over_time(${oncePer("fleet", `rollcall_fleet_agents_expected${own}`)}${window(1)})`,
    working: `${totalOf(oncePer("verdict", over(judged)))} / max(${over(wanted)})`,
    lowest: `bottomk(${LOWEST}, avg_over_time((${proven})${window(agents * 3)})) < 1`,
    handled: totalOf(grown("rollcall_agent_tasks_total", "agent", agents)),
    failed: totalOf(grown("rollcall_agent_tasks_failed_total", "agent", agents)),
    p95Seconds: quantileOf(0.95, buckets),
    deadLetters: totalOf(grown("rollcall_bus_dead_letters_total", "topic", agents)),
  };
}

/** Who proves that it works; and who is up, of those that cannot prove more. */
const AT_WORK = [...VERDICTS.filter(isWorking), "up"];

/** Reads a period up to a moment, as long a one before it, and its course. @throws Failure "unavailable" */
export async function readPeriod(asking: Asking, at: number, asked: AskedPeriod): Promise<MeasuredPeriod> {
  const { exporter } = await readSpans(asking, at, asked.seconds);
  const measuredSeconds = exporter === null ? 0 : secondsSince(exporter.first, at);
  const [figures, before, course] = await Promise.all([
    readFigures(asking, at, asked),
    readFigures(asking, at - asked.seconds * 1000, asked),
    readCourse(asking, at, Math.min(asked.seconds, measuredSeconds)),
  ]);
  return { figures, before, ...course };
}

async function readFigures(asking: Asking, at: number, asked: AskedPeriod): Promise<PeriodFigures> {
  const { lowest, looks, ...numbers } = queriesOf(asking.fleet, asked);
  const ask = (query: string): Promise<readonly Sample[]> => orNone(asking.prometheus.instant(query, at));
  const one = async (query: string): Promise<number | null> => numberIn(await ask(query));
  const [least, seen, working, handled, failed, p95Seconds, deadLetters] = await Promise.all([
    ask(lowest),
    one(looks),
    ...[one(numbers.working), one(numbers.handled), one(numbers.failed), one(numbers.p95Seconds)],
    one(numbers.deadLetters),
  ] as const);
  const shares = least.flatMap(({ labels, value }) =>
    value === null ? [] : [{ agent: labels.agent ?? "", working: value }],
  );
  return {
    coveredSeconds: seen === null ? null : Math.min(asked.seconds, seen * stepFor(asked.seconds, 1)),
    ...{ working, handled, failed, p95Seconds, deadLetters },
    lowest: shares.toSorted((one, other) => one.working - other.working),
  };
}

/** One question may be too much for Prometheus where the others are not: then that figure is not known. */
async function orNone<Row>(asked: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await asked;
  } catch (error) {
    if (isFailure(error) && error.code === "unavailable") return [];
    throw error;
  }
}

interface Times {
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
}

/** @param measuredSeconds how far back there is something to draw */
async function readCourse(asking: Asking, at: number, measuredSeconds: number) {
  const seconds = Math.max(LEAST_DRAWN_SECONDS, measuredSeconds);
  const stepSeconds = Math.max(LEAST_STEP_SECONDS, Math.floor(seconds / MOMENTS));
  const to = Math.floor(at / 1000) * 1000;
  const times = { from: to - Math.ceil(seconds / stepSeconds) * stepSeconds * 1000, to, stepSeconds };
  const read = panelsOf(asking.fleet, stepSeconds).map(async ({ lines, ...panel }): Promise<ChartPanel> => {
    const drawn = lines.map(async ({ name, query }) =>
      lineOf(name, await orNone(asking.prometheus.range(query, times)), times),
    );
    return { ...panel, thresholds: [], lines: (await Promise.all(drawn)).filter((line) => line !== null) };
  });
  const panels = (await Promise.all(read)).filter(({ lines }) => lines.length > 0);
  return { from: times.from, to, panels };
}

function panelsOf(fleet: string, stepSeconds: number) {
  const own = matching({ fleet });
  const inner = Math.max(LEAST_STEP_SECONDS, Math.ceil(stepSeconds / LOOKS));
  const judged = `rollcall_fleet_agents_judged${matching({ fleet, verdict: AT_WORK })}`;
  const wanted = `rollcall_fleet_agents_desired${matching({ fleet, state: "running" })}`;
  const window = Math.max(60, stepSeconds);
  const perSecond = (metric: string): string =>
    totalOf(
      oncePer("agent", `rate(${metric}${own}[${window}s:${Math.max(LEAST_STEP_SECONDS, Math.ceil(window / 10))}s])`),
    );
  return [
    {
      ...{ title: "Agents, the fewest at work in each step", unit: "count" as const },
      lines: [
        { name: "at work", query: `min_over_time(${totalOf(oncePer("verdict", judged))}[${stepSeconds}s:${inner}s])` },
        { name: "wanted", query: `max(${wanted})` },
      ],
    },
    {
      ...{ title: "Events", unit: "per second" as const },
      lines: [
        { name: "handled", query: perSecond("rollcall_agent_tasks_total") },
        { name: "failed", query: perSecond("rollcall_agent_tasks_failed_total") },
      ],
    },
  ];
}

/** @returns null if nothing was measured */
function lineOf(name: string, found: readonly Line[], { from, to, stepSeconds }: Times): ChartLine | null {
  const [line] = found;
  if (line === undefined || line.points.size === 0) return null;
  const moments = Array.from({ length: Math.round((to - from) / 1000 / stepSeconds) + 1 }, (_, index) => {
    const moment = from + index * stepSeconds * 1000;
    return [moment, line.points.get(moment) ?? null] as const;
  });
  return { name, points: moments };
}
