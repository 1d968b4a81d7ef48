import type { MeasuredPeriod } from "../../domain/period-figures.ts";
import type { MeasureQuestion } from "../../measure-contract.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Figures } from "../../ports/figures.ts";
import { AgedCache, CACHE_LIMITS, type CacheLimits } from "./aged-cache.ts";
import { type AlertReading, readAlertChart, showAlertChart } from "./alert-chart.ts";
import { connectPrometheus } from "./client.ts";
import { type CourseReading, readServices, readThroughput, showCourse } from "./courses.ts";
import { type KeyReading, readDaysBefore, readKeyFigures, showKeyFigures } from "./key-figures.ts";
import {
  type MeasureCourseReading,
  type MeasureReading,
  readMeasure,
  readMeasureCourse,
  showMeasure,
  showMeasureCourse,
} from "./measure.ts";
import { keyOf } from "./measured.ts";
import { readPeriod } from "./period-figures.ts";
import {
  type HotSpotsReading,
  type LatencyReading,
  readHotSpots,
  readLatency,
  showHotSpots,
  showLatency,
} from "./rankings.ts";

export interface PrometheusOptions {
  readonly url: string;
  /** Whose figures: the label of all that the exporter measures. */
  readonly fleet: string;
  readonly clock: Clock;
  readonly limits?: CacheLimits;
}

/** What was on other days changes slowly, and is costly to read. */
const DAYS_BEFORE_LIMITS: Partial<CacheLimits> = { freshMs: 10 * 60_000, staleMs: 60 * 60_000, keepMs: 60 * 60_000 };

/** A month is much to read, and a minute of it says nothing. */
const PERIOD_LIMITS: Partial<CacheLimits> = { freshMs: 30_000, staleMs: 60_000, keepMs: 60_000 };

/** Figures out of Prometheus, through caches: however many look at a board, Prometheus is asked once in 5 s. */
export function openFigures({ url, fleet, clock, limits = CACHE_LIMITS }: PrometheusOptions): Figures {
  const prometheus = connectPrometheus(url);
  const asking = { prometheus, fleet };
  const now = (): number => clock.now();
  const key = new AgedCache<KeyReading>(now, limits);
  const days = new AgedCache<readonly KeyReading[]>(now, { ...limits, ...DAYS_BEFORE_LIMITS });
  let daysBefore: readonly KeyReading[] = [];
  const courses = new AgedCache<CourseReading>(now, limits);
  const latencies = new AgedCache<LatencyReading>(now, limits);
  const spots = new AgedCache<HotSpotsReading>(now, limits);
  const measures = new AgedCache<MeasureReading>(now, limits);
  const measureCourses = new AgedCache<MeasureCourseReading>(now, limits);
  const periods = new AgedCache<MeasuredPeriod>(now, { ...limits, ...PERIOD_LIMITS });
  const charts = new AgedCache<AlertReading>(now, limits);
  return {
    async key() {
      const reading = await key.get("hour", (at) => readKeyFigures(asking, at));
      // Nobody waits for other days: they are told as soon as they are known.
      days
        .get("week", (at) => readDaysBefore(asking, at))
        .then(
          ({ value }) => {
            daysBefore = value;
          },
          () => undefined,
        );
      return showKeyFigures(reading, { fleet, now: now(), daysBefore });
    },
    async throughput(course) {
      const name = `throughput ${keyOf(course)} ${course.stepSeconds} ${course.top}`;
      return showCourse(await courses.get(name, (at) => readThroughput(asking, at, course)), now());
    },
    async latency(stretch) {
      return showLatency(await latencies.get(keyOf(stretch), (at) => readLatency(asking, at, stretch)), now());
    },
    async services(course) {
      const name = `services ${keyOf(course)} ${course.stepSeconds}`;
      const { series, ...head } = showCourse(await courses.get(name, (at) => readServices(asking, at, course)), now());
      return { ...head, services: series };
    },
    async hotSpots(asked) {
      const name = `${keyOf(asked)} ${asked.top}`;
      return showHotSpots(await spots.get(name, (at) => readHotSpots(asking, at, asked)), now());
    },
    async measure(question) {
      const key = nameOf(question);
      return showMeasure(await measures.get(key, (at) => readMeasure(asking, at, question)), now());
    },
    async measureCourse(asked) {
      const key = `${nameOf(asked.question)} ${keyOf(asked)} ${asked.stepSeconds}`;
      return showMeasureCourse(await measureCourses.get(key, (at) => readMeasureCourse(asking, at, asked)), now());
    },
    async alertChart(alerts) {
      const key = JSON.stringify(alerts.map(({ alertname, labels }) => [alertname, labels.agent, labels.topic]));
      return showAlertChart((await charts.get(key, (at) => readAlertChart(asking, at, alerts))).value, alerts);
    },
    async period(asked) {
      const name = `${Math.round(asked.seconds / 60)} ${asked.agents}`;
      return (await periods.get(name, (at) => readPeriod(asking, at, asked))).value;
    },
    check: () => prometheus.check(),
  };
}

const nameOf = ({ name, window, function: wanted, by, agent }: MeasureQuestion): string =>
  [name, window, wanted, by ?? "", agent ?? ""].join(" ");
