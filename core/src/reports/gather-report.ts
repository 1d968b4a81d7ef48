import type { Ports } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import type { Period } from "../domain/period.ts";
import type { Past, PastAlert, PastOperation, PastRestart, PeriodRecords } from "../ports/period-records.ts";
import type { NameOf } from "./alert-words.ts";
import { type Measurement, measurePeriod } from "./measure-period.ts";
import { periodOf, type ReportKind } from "./report-period.ts";

/** What a report tells, as it was found. */
export interface Gathered {
  readonly kind: ReportKind;
  readonly period: Period;
  /** IANA name of the time zone that its dates and nights are in. */
  readonly zone: string;
  readonly alerts: Past<PastAlert>;
  /** How many fired in as long a stretch before. */
  readonly alertsBefore: number;
  readonly operations: Past<PastOperation>;
  readonly restarts: readonly PastRestart[];
  readonly refusals: Awaited<ReturnType<PeriodRecords["refusals"]>>;
  readonly measurement: Measurement;
  readonly nameOf: NameOf;
}

/** What a report is read from. */
export type Sources = Pick<Ports, "records" | "clock" | "directory" | "zone" | "figures" | "registry">;

/** Reads what a report tells. @throws Failure "unavailable" */
export async function gatherReport(kind: ReportKind, ports: Sources): Promise<Gathered> {
  const { records, clock, directory, zone = "UTC" } = ports;
  if (records === undefined) throw new Failure("unavailable", "nothing is stored here, so there is nothing to report");
  const period = periodOf(kind, clock.now(), zone);
  const [alerts, earlier, operations, restarts, refusals, measurement] = await Promise.all([
    records.alerts(period),
    records.alerts({ from: 2 * period.from - period.to, to: period.from }),
    records.operations(period),
    records.restarts(period),
    records.refusals(period),
    measurePeriod(ports, period),
  ]);
  return {
    ...{ kind, period, zone, alerts, alertsBefore: earlier.total, operations, restarts, refusals, measurement },
    nameOf: ({ id, name }) => directory.byId(id)?.name ?? name,
  };
}
