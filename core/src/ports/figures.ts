import type { Chart } from "../domain/chart.ts";
import type { IncidentAlert } from "../domain/incident.ts";
import type { MeasuredPeriod } from "../domain/period-figures.ts";
import type {
  ApiHotSpots,
  ApiKeyFigures,
  ApiLatency,
  ApiResources,
  ApiThroughput,
  Stretch,
} from "../figures-contract.ts";
import type { ApiMeasure, ApiMeasureCourse, MeasureQuestion } from "../measure-contract.ts";

/** A stretch of time in steps. */
export interface Course extends Stretch {
  readonly stepSeconds: number;
}

/**
 * What was measured, with its age; may be some seconds old. What was not measured is null with a reason, never 0.
 * Each throws Failure "unavailable" if the measurements cannot be read, "too_many_requests" if too many ask at once.
 */
export interface Figures {
  /** The last hour in numbers. */
  key(): Promise<ApiKeyFigures>;
  /** @param top how many topics are shown apart, the busiest */
  throughput(course: Course & { readonly top: number }): Promise<ApiThroughput>;
  latency(stretch: Stretch): Promise<ApiLatency>;
  /** Of the control service and the exporter; what agents use is in their heartbeats. */
  services(course: Course): Promise<Omit<ApiResources, "agents" | "agentsOmitted" | "problems">>;
  hotSpots(asked: Stretch & { readonly top: number }): Promise<ApiHotSpots>;
  /** Any metric over a window up to now. @throws Failure "invalid_input" if the function does not fit the metric */
  measure(question: MeasureQuestion): Promise<ApiMeasure>;
  /** The same over time. @throws Failure "invalid_input" if the function does not fit the metric */
  measureCourse(asked: Course & { readonly question: MeasureQuestion }): Promise<ApiMeasureCourse>;
  /** The last hour of what these alerts of one name were decided on; null if that is no number, or was not measured. */
  alertChart(alerts: readonly Pick<IncidentAlert, "alertname" | "labels" | "startsAt">[]): Promise<Chart | null>;
  /**
   * Up to 30 days up to now and as long before; may be a minute old.
   * @param asked.agents about how many there are: the more, the coarser it is looked at
   */
  period(asked: { readonly seconds: number; readonly agents: number }): Promise<MeasuredPeriod>;
  /** @throws Failure "unavailable" if the source of the figures does not answer */
  check(): Promise<null>;
}
