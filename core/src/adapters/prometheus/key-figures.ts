import { isWorking, VERDICTS } from "../../domain/verdict.ts";
import type { ApiKeyFigure, ApiKeyFigures, FigureUnit } from "../../figures-contract.ts";
import type { Aged } from "./aged-cache.ts";
import {
  type Asking,
  coveredBy,
  type Found,
  figureOf,
  headOf,
  numberIn,
  readSpans,
  type Source,
  type Spans,
} from "./measured.ts";
import { increaseOf, matching, oncePer, quantileOf, rateOf, totalOf } from "./promql.ts";

const HOUR = 3_600;
/** Less of an hour says nothing about a rate: Prometheus needs two measurements, 5 s apart. */
const LEAST_COVERED_SECONDS = 10;

type Name = keyof ApiKeyFigures["figures"];

interface Wanted {
  readonly unit: FigureUnit;
  readonly source: Source;
  readonly query: string;
  /** A count that is shown per second of what was measured. */
  readonly isRate?: true;
  /** What it means that Prometheus has no value. */
  readonly reason?: string;
}

const NOTHING_HANDLED = "nothing was handled in this time";
const NOTHING_ASKED = "nothing was asked in this time";

/** What each key figure is made of; labels of who measured are aggregated away. */
function wantedOf(fleet: string): Readonly<Record<Name, Wanted>> {
  const own = matching({ fleet });
  const perTopic = (name: string) => totalOf(oncePer("topic", increaseOf(`${name}${own}`, HOUR)));
  const perAgent = (name: string) => totalOf(oncePer("agent", increaseOf(`${name}${own}`, HOUR)));
  const perGroup = (name: string) => totalOf(oncePer("topic, group", `${name}${own}`));
  const failed = perAgent("rollcall_agent_tasks_failed_total");
  const done = perAgent("rollcall_agent_tasks_total");
  const buckets = oncePer("topic, le", rateOf(`rollcall_bus_publish_to_handle_seconds_bucket${own}`, HOUR));
  const requests = (labels = "") => totalOf(increaseOf(`rollcall_http_requests_total${labels}`, HOUR));
  const working = matching({ fleet, verdict: VERDICTS.filter(isWorking) });
  const bus = { unit: "events", source: "exporter" } as const;
  const latency = (quantile: number): Wanted => ({
    ...{ unit: "seconds", source: "exporter", reason: NOTHING_HANDLED },
    query: quantileOf(quantile, buckets),
  });
  return {
    events: { unit: "per second", source: "exporter", isRate: true, query: perTopic("rollcall_bus_events_total") },
    handled: { unit: "per second", source: "exporter", isRate: true, query: done },
    errors: { unit: "ratio", source: "exporter", reason: NOTHING_HANDLED, query: `${failed} / (${failed} + ${done})` },
    latencyP50: latency(0.5),
    latencyP95: latency(0.95),
    latencyP99: latency(0.99),
    waiting: { ...bus, query: perGroup("rollcall_bus_group_lag") },
    inHand: { ...bus, query: perGroup("rollcall_bus_group_pending") },
    deadLetters: { ...bus, query: perTopic("rollcall_bus_dead_letters_total") },
    working: {
      ...{ unit: "agents", source: "exporter" },
      query: totalOf(oncePer("verdict", `rollcall_fleet_agents_judged${working}`)),
    },
    expected: { unit: "agents", source: "exporter", query: oncePer("fleet", `rollcall_fleet_agents_expected${own}`) },
    // Rules are worked out by Prometheus itself: that none fires is measured as long as it answers.
    alerts: {
      ...{ unit: "alerts", source: "exporter" },
      query: `count(ALERTS${'{alertstate="firing",alertname!="Watchdog"}'}) or vector(0)`,
    },
    commands: { unit: "commands", source: "control", query: totalOf(increaseOf("rollcall_commands_total", HOUR)) },
    requests: { unit: "per second", source: "control", isRate: true, query: requests() },
    requestErrors: {
      ...{ unit: "ratio", source: "control", reason: NOTHING_ASKED },
      query: `(${requests('{status=~"5.."}')} or vector(0)) / ${requests()}`,
    },
    requestP95: {
      ...{ unit: "seconds", source: "control", reason: NOTHING_ASKED },
      query: quantileOf(0.95, rateOf("rollcall_http_request_duration_seconds_bucket", HOUR)),
    },
  };
}

export interface KeyReading {
  readonly spans: Spans;
  readonly values: ReadonlyMap<Name, number | null>;
  /** Subscriptions whose lag Redis cannot tell. */
  readonly unknownLags: number;
}

/** Reads the last hour. @throws Failure "unavailable" */
export async function readKeyFigures(asking: Asking, at: number): Promise<KeyReading> {
  const wanted = Object.entries(wantedOf(asking.fleet)) as [Name, Wanted][];
  const unknown = totalOf(
    oncePer("topic, group", `rollcall_bus_group_lag_unknown${matching({ fleet: asking.fleet })}`),
  );
  const ask = async (query: string) => numberIn(await asking.prometheus.instant(query, at));
  const [spans, unknownLags, ...values] = await Promise.all([
    readSpans(asking, at, HOUR),
    ask(unknown),
    ...wanted.map(([, { query }]) => ask(query)),
  ]);
  return {
    spans,
    unknownLags: unknownLags ?? 0,
    values: new Map(wanted.map(([name], index) => [name, values[index] ?? null])),
  };
}

const DAY_MS = 86_400_000;
const DAYS = 7;

/** The same hour of each of the seven days before, yesterday first; one after another, for it is much to read. @throws Failure "unavailable" */
export async function readDaysBefore(asking: Asking, at: number): Promise<KeyReading[]> {
  const days: KeyReading[] = [];
  for (let day = 1; day <= DAYS; day += 1) days.push(await readKeyFigures(asking, at - day * DAY_MS));
  return days;
}

interface Shown {
  readonly fleet: string;
  /** Milliseconds, for the ages. */
  readonly now: number;
  /** Of the same hour on the days before, yesterday first. */
  readonly daysBefore: readonly KeyReading[];
}

/** Fewer days say nothing about what is normal. */
const LEAST_DAYS = 3;

/** The last hour in numbers, and what is usual at this time of the day. */
export function showKeyFigures(aged: Aged<KeyReading>, { fleet, now, daysBefore }: Shown): ApiKeyFigures {
  const { spans } = aged.value;
  const moments = { now, to: null };
  const shown = (Object.entries(wantedOf(fleet)) as [Name, Wanted][]).map(([name, wanted]): [Name, ApiKeyFigure] => {
    const before = daysBefore.map((day) => figureOf(foundIn(day, name, wanted), day.spans, moments).value);
    const usual = before.filter((value) => value !== null);
    const normal = usual.length < LEAST_DAYS ? null : { least: Math.min(...usual), most: Math.max(...usual) };
    return [
      name,
      { ...figureOf(foundIn(aged.value, name, wanted), spans, moments), dayBefore: before[0] ?? null, normal },
    ];
  });
  return {
    ...headOf(aged, now, { rangeSeconds: HOUR, spans }),
    figures: Object.fromEntries(shown) as ApiKeyFigures["figures"],
  };
}

function foundIn({ spans, values, unknownLags }: KeyReading, name: Name, wanted: Wanted): Found {
  const found = foundOf(wanted, values.get(name) ?? null, spans);
  return name === "waiting" ? withUnknown(found, unknownLags) : found;
}

function foundOf({ unit, source, isRate, reason }: Wanted, value: number | null, spans: Spans): Found {
  const found = { unit, source, ...(reason === undefined ? {} : { reason }) };
  if (isRate === undefined) return { ...found, value };
  // Over the hour it would be too little for what began to be measured only minutes ago.
  const covered = coveredBy(spans[source]) ?? 0;
  if (covered < LEAST_COVERED_SECONDS) return { ...found, value: null, reason: "measured for too short a time yet" };
  return { ...found, value: value === null ? null : value / covered };
}

/** A sum without those that are not known would be too small. */
const withUnknown = (found: Found, unknown: number): Found =>
  unknown === 0
    ? found
    : {
        ...found,
        value: null,
        reason: `not known for ${unknown} subscriptions, ${found.value ?? 0} wait for the others`,
      };
