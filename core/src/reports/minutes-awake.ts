import { BY_HAND_ALERT } from "../domain/incident.ts";
import type { Period } from "../domain/period.ts";
import type { PastAlert } from "../ports/period-records.ts";
import { nightMs } from "./report-period.ts";

/** What the number means, wherever it is told. */
export const AWAKE_MEANS = "between 22:00 and 08:00 with a P0 or P1 firing";

/**
 * Minutes of the night in which somebody was kept awake: from the beginning of an alert that rings to its end, what overlaps
 * once, each begun minute whole.
 */
export function minutesAwake(
  alerts: readonly (Pick<PastAlert, "criticality" | "openedAt" | "resolvedAt"> & { readonly alertname?: string })[],
  period: Period,
  zone: string,
): number {
  const rang = alerts
    // What somebody opens by hand rings nobody, however long it stays open.
    .filter(({ criticality, alertname }) => rings(criticality) && alertname !== BY_HAND_ALERT)
    .map(({ openedAt, resolvedAt }) => ({
      from: Math.max(openedAt, period.from),
      to: Math.min(resolvedAt ?? period.to, period.to),
    }))
    .toSorted((one, other) => one.from - other.from);
  let reached = period.from;
  let ms = 0;
  for (const { from, to } of rang) {
    ms += nightMs({ from: Math.max(from, reached), to }, zone);
    reached = Math.max(reached, to);
  }
  return Math.ceil(ms / 60_000);
}

/** P0 and P1 ring on call; the others are read when there is time. */
export const rings = (criticality: PastAlert["criticality"]): boolean => criticality === "P0" || criticality === "P1";
