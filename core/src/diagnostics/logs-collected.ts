import { defineDiagnostic, failed, passed, skipped } from "../diagnostic.ts";

/** Each place is read each second; a start of everything takes about so long. */
const MOST_SECONDS = 60;
/** A place that is gone for good, a host for example, is nothing that anybody could mend. */
const FORGOTTEN_SECONDS = 86_400;

export default defineDiagnostic({
  name: "logs-collected",
  summary: "What agents and services write was read within the last minute, from every place",
  suites: ["smoke", "full"],
  timeoutSeconds: 4,
  async run({ ports: { logs, clock } }) {
    if (logs === undefined) return skipped("no logs are kept here");
    const now = clock.now();
    const places = (await logs.sources())
      .map(({ name, readAt, problem }) => ({ name, problem, seconds: secondsSince(readAt, now) }))
      .filter(({ seconds }) => seconds === null || seconds < FORGOTTEN_SECONDS);
    if (places.length === 0) return failed("status", "no place was ever read");
    const evidence = places.map(({ name, seconds, problem }) => {
      const age = seconds === null ? "never read" : `read ${seconds} s ago`;
      return problem === null ? `${name}: ${age}` : `${name}: ${age}, ${problem}`;
    });
    const isCurrent = places.every(
      ({ seconds, problem }) => problem === null && seconds !== null && seconds <= MOST_SECONDS,
    );
    return isCurrent ? passed(...evidence) : failed("status", ...evidence);
  },
});

const secondsSince = (at: number | null, now: number): number | null =>
  at === null ? null : Math.max(0, Math.round((now - at) / 1000));
