import type { Chart, ChartLine, ChartPanel } from "../../domain/chart.ts";
import type { IncidentAlert } from "../../domain/incident.ts";
import { type AlertPanel, alertPanels } from "./alert-panels.ts";
import type { Line } from "./client.ts";
import type { Asking } from "./measured.ts";

const HOUR_MS = 3_600_000;
/** 240 moments over 600 pixels; three measurements each. */
const STEP_SECONDS = 15;

/** What Prometheus said of an alert's hour. */
export interface AlertReading {
  readonly from: number;
  readonly to: number;
  readonly panels: readonly (Omit<AlertPanel, "query"> & { readonly found: readonly Line[] })[];
}

/** Alerts of one name that are shown as one picture. */
export type ChartedAlert = Pick<IncidentAlert, "alertname" | "labels" | "startsAt">;

/** @throws Failure "unavailable" */
export async function readAlertChart(
  { prometheus, fleet }: Asking,
  at: number,
  alerts: readonly ChartedAlert[],
): Promise<AlertReading> {
  const stepMs = STEP_SECONDS * 1000;
  const to = Math.floor(at / stepMs) * stepMs;
  const from = to - HOUR_MS;
  const panels = alertPanels(alerts, fleet).map(async ({ query, ...panel }) => ({
    ...panel,
    found: await prometheus.range(query, { from, to, stepSeconds: STEP_SECONDS }),
  }));
  return { from, to, panels: await Promise.all(panels) };
}

/** @returns null if nothing was measured of what the alerts are about: a picture would be empty */
export function showAlertChart({ from, to, panels }: AlertReading, alerts: readonly ChartedAlert[]): Chart | null {
  const [own, ...others] = panels;
  if (own === undefined || own.found.length === 0) return null;
  const began = Math.min(...alerts.map(({ startsAt }) => startsAt));
  return {
    title: `${alerts[0]?.alertname ?? ""}, the last hour`,
    ...{ from, to },
    marks: [{ at: began, words: `alert ${new Date(began).toISOString().slice(11, 16)}` }],
    panels: [own, ...others.filter(({ found }) => found.length > 0)].map((panel) => showPanel(panel, { from, to })),
  };
}

function showPanel(
  { title, unit, thresholds, by, found }: AlertReading["panels"][number],
  { from, to }: { from: number; to: number },
): ChartPanel {
  const stepMs = STEP_SECONDS * 1000;
  const moments = Array.from({ length: Math.round((to - from) / stepMs) + 1 }, (_, index) => from + index * stepMs);
  const lines = found.map(({ labels, points }): ChartLine => {
    const name = by.map((label) => labels[label] ?? "").join(" · ");
    return { name: name || title, points: moments.map((moment) => [moment, points.get(moment) ?? null] as const) };
  });
  return { title, unit, thresholds, lines: lines.toSorted((a, b) => a.name.localeCompare(b.name)) };
}
