import type { Gathered } from "./gather-report.ts";
import { minutesAwake } from "./minutes-awake.ts";

/** A report for programs: all that its words are made of. Times are ms since the epoch; what was not measured is null. */
export const reportData = ({ nameOf: _, measurement, ...found }: Gathered) => ({
  ...found,
  measured: "problem" in measurement ? null : measurement.measured,
  minutesAwake: minutesAwake(found.alerts.rows, found.period, found.zone),
});
