import { createHash } from "node:crypto";
import type { Ports } from "./command.ts";
import { NEEDED_ALERTS } from "./diagnostics/alerting-watches.ts";
import { isFailure } from "./domain/failure.ts";
import { listed } from "./fleet-words.ts";
import type { MonitoringReading } from "./ports/monitoring.ts";
import type { Pager } from "./ports/pager.ts";
import { wholeDuration } from "./whole-duration.ts";

/** One part of the way from what measures an agent to the phone of whoever is on call. */
export interface PathStep {
  readonly name: string;
  /** `absent`: it is not set up here. */
  readonly state: "whole" | "broken" | "unknown" | "absent";
  /** When it was last seen to work, ms since the epoch; null: nobody knows. */
  readonly at: number | null;
  readonly words: string;
  /** What to do now; null: nothing. */
  readonly next: string | null;
}

export type PathPorts = Pick<Ports, "monitoring" | "dependencies" | "pager" | "directory" | "clock">;

/** Alertmanager sends the watchdog anew every minute. */
const WATCHDOG_SECONDS = 180;
/** The list of who has which rights is read once a minute; two rounds may fail. */
const DIRECTORY_SECONDS = 120;
const EXPORTER = "rollcall-exporter";
const ON_HOST = "on the host: npm run doctor";

/** Looks at the whole way, in its order: sensor, Prometheus, Alertmanager, Rollcall, Slack, PagerDuty, directory. Never fails. */
export async function lookAtPath(ports: PathPorts): Promise<PathStep[]> {
  const now = ports.clock.now();
  const [watched, pager] = await Promise.all([lookAtMonitoring(ports, now), lookAtPager(ports.pager, now)]);
  return [...watched, lookAtRollcall(ports), lookAtSlack(ports), pager, lookAtDirectory(ports, now)];
}

type Found = Pick<PathStep, "state" | "words"> & Partial<PathStep>;
const step = (name: string, found: Found): PathStep => ({ at: null, next: null, ...found, name });
const ago = (at: number, now: number): string => `${wholeDuration((now - at) / 1000)} ago`;

async function lookAtMonitoring({ monitoring }: PathPorts, now: number): Promise<PathStep[]> {
  const names = ["sensor", "Prometheus", "Alertmanager"];
  if (monitoring === undefined) {
    const next = "set PROMETHEUS_URL of the control service";
    return names.map((name) => step(name, { state: "absent", words: "is not asked: no Prometheus is named", next }));
  }
  try {
    const reading = await monitoring.look();
    return [sensorOf(reading, now), prometheusOf(reading, now), alertmanagerOf(reading, now)];
  } catch (error) {
    if (!isFailure(error)) throw error;
    const unknown = { state: "unknown" as const, words: "cannot be seen: Prometheus does not answer" };
    return [
      step("sensor", unknown),
      step("Prometheus", { state: "broken", words: error.message, next: ON_HOST }),
      step("Alertmanager", unknown),
    ];
  }
}

function sensorOf({ targets }: MonitoringReading, now: number): PathStep {
  const exporters = targets.filter(({ job }) => job === EXPORTER);
  const well = exporters.filter(({ problem }) => problem === null);
  const [sick] = exporters.filter(({ problem }) => problem !== null);
  const at = Math.max(0, ...well.map(({ readAt }) => readAt ?? 0)) || null;
  if (exporters.length === 0)
    return step("sensor", { state: "broken", words: "nothing measures the agents", next: "runbook exporter-gone" });
  if (sick !== undefined) {
    const words = `the exporter at ${sick.address} is not read: ${sick.problem}`;
    return step("sensor", { state: "broken", at, words, next: "runbook exporter-gone" });
  }
  const read = at === null ? "" : `, read ${ago(at, now)}`;
  return step("sensor", { state: "whole", at, words: `the exporter measures the agents${read}` });
}

function prometheusOf({ rules }: MonitoringReading, now: number): PathStep {
  const loaded = new Set(rules.map(({ name }) => name));
  const missing = NEEDED_ALERTS.filter((name) => !loaded.has(name));
  const bad = rules.filter(({ problem }) => problem !== null).map(({ name, problem }) => `${name}: ${problem}`);
  const next = "load alerting/rules anew, then: diag run full";
  if (missing.length > 0)
    return step("Prometheus", { state: "broken", at: now, words: `lacks the rules ${listed(missing, 3)}`, next });
  if (bad.length > 0)
    return step("Prometheus", { state: "broken", at: now, words: `cannot work out ${listed(bad, 2)}`, next });
  return step("Prometheus", { state: "whole", at: now, words: `answers, ${rules.length} rules` });
}

function alertmanagerOf({ alertmanagers, watchdogAt }: MonitoringReading, now: number): PathStep {
  const next = "see whether Alertmanager runs and reaches the control service";
  if (alertmanagers === 0)
    return step("Alertmanager", { state: "broken", words: "Prometheus sends its alerts to nobody", next });
  if (watchdogAt === null)
    return step("Alertmanager", { state: "broken", words: "no alert ever came from there to here", next });
  const isLate = now - watchdogAt > WATCHDOG_SECONDS * 1000;
  const words = `an alert came all the way ${isLate ? "only " : ""}${ago(watchdogAt, now)}`;
  return step("Alertmanager", {
    ...{ state: isLate ? "broken" : "whole", at: watchdogAt, words },
    next: isLate ? next : null,
  });
}

function lookAtRollcall({ dependencies }: PathPorts): PathStep {
  return fromDependencies("Rollcall", ["postgres", "redis", "supervisor"], {
    ...{ dependencies, well: "PostgreSQL, Redis and the supervisor answer", next: ON_HOST },
  });
}

function lookAtSlack({ dependencies }: PathPorts): PathStep {
  return fromDependencies("Slack", ["slack", "slack sockets"], {
    ...{ dependencies, well: "takes what is sent", next: `${ON_HOST}; until then: rollcall alerts, in a terminal` },
  });
}

interface Depended {
  readonly dependencies: PathPorts["dependencies"];
  readonly well: string;
  readonly next: string;
}

/** Of several the worst one is told. */
function fromDependencies(name: string, wanted: readonly string[], { dependencies, well, next }: Depended): PathStep {
  const found = (dependencies?.current() ?? []).filter((one) => wanted.includes(one.name));
  if (found.length === 0) return step(name, { state: "unknown", words: "nobody has looked" });
  const at = Math.min(...found.map(({ checkedAt }) => checkedAt ?? 0)) || null;
  const bad = found.find(({ state }) => state === "down") ?? found.find(({ state }) => state === "unknown");
  if (bad === undefined) return step(name, { state: "whole", at, words: well });
  const words = `${bad.name}: ${bad.detail ?? "does not answer"}`;
  return step(name, { state: bad.state === "down" ? "broken" : "unknown", at, words, next });
}

/** Nothing rings under this key, and an acknowledgement of what does not ring changes nothing at PagerDuty. */
const NOBODYS_KEY = createHash("sha256").update("rollcall control path").digest("hex");
/** Whoever asks again within a minute is told what was found then: PagerDuty counts calls. */
const TRIED_MS = 60_000;
const tried = new WeakMap<Pager, { readonly at: number; readonly problem: string | null }>();

async function lookAtPager(pager: Pager, now: number): Promise<PathStep> {
  const earlier = tried.get(pager);
  const isFresh = earlier !== undefined && Math.abs(now - earlier.at) < TRIED_MS;
  const found = isFresh ? earlier : { at: now, problem: await tryPager(pager) };
  tried.set(pager, found);
  const { at, problem } = found;
  if (problem === null)
    return step("PagerDuty", { state: "whole", at, words: `took our key ${at === now ? "just now" : ago(at, now)}` });
  const next = "call whoever is on call; then: diag run smoke";
  return step("PagerDuty", { state: "broken", at, words: problem, next });
}

async function tryPager(pager: Pager): Promise<string | null> {
  try {
    await pager.acknowledge(NOBODYS_KEY);
    return null;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.message;
  }
}

function lookAtDirectory({ directory }: PathPorts, now: number): PathStep {
  const { asOf, held } = directory.trust();
  const next = "on the host: npm run access -- status";
  if (held !== null)
    return step("directory", { state: "broken", at: asOf, words: `the newest list waits: ${held}`, next });
  if (asOf === null) return step("directory", { state: "broken", words: `${directory.source} was never read`, next });
  const problem = directory.problem?.() ?? null;
  const words = `${directory.source}, read ${ago(asOf, now)}`;
  if (problem !== null)
    return step("directory", { state: "broken", at: asOf, words: `${words}; now: ${problem}`, next });
  const isOld = now - asOf > DIRECTORY_SECONDS * 1000;
  return step("directory", { state: isOld ? "broken" : "whole", at: asOf, words, next: isOld ? next : null });
}
