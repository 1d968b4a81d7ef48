import type { IncidentAlert } from "@rollcall/core/domain/incident.ts";
import type { AlertNotification } from "@rollcall/core/ports/incidents.ts";
import { z } from "zod";

const labels = z.record(z.string().max(200), z.string().max(10_000));

// Objects are not strict here: newer Alertmanagers add fields, and a page must not be lost for that.
const alert = z.object({
  status: z.enum(["firing", "resolved"]),
  labels: labels.and(z.object({ alertname: z.string().min(1) })),
  annotations: labels.default({}),
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }),
  fingerprint: z.string().min(1).max(100),
});

/** Alertmanager's webhook payload, version 4, the fields we use. */
export const webhookPayload = z.object({
  version: z.literal("4"),
  groupKey: z.string().min(1).max(4096),
  status: z.enum(["firing", "resolved"]),
  alerts: z.array(alert).min(1).max(20_000),
  truncatedAlerts: z.number().int().nonnegative().default(0),
});
export type WebhookPayload = z.infer<typeof webhookPayload>;

/** Alerts that only prove that the way works; they fire all the time and are no incident. */
const isWatchdog = (given: { labels: Record<string, string> }): boolean => given.labels.alertname === "Watchdog";

/** A delivery in our own terms; `notification` is null if it holds nothing but watchdogs. */
export function readDelivery(payload: WebhookPayload): { notification: AlertNotification | null; watchdog: boolean } {
  const alerts = payload.alerts.filter((given) => !isWatchdog(given)).map(toIncidentAlert);
  const watchdog = payload.alerts.some((given) => isWatchdog(given) && given.status === "firing");
  if (alerts.length === 0) return { notification: null, watchdog };
  return { notification: { groupKey: payload.groupKey, status: payload.status, alerts }, watchdog };
}

function toIncidentAlert(given: WebhookPayload["alerts"][number]): IncidentAlert {
  const firing = given.status === "firing";
  return {
    fingerprint: given.fingerprint,
    alertname: given.labels.alertname,
    agent: given.labels.agent ?? null,
    labels: given.labels,
    annotations: given.annotations,
    startsAt: Date.parse(given.startsAt),
    firing,
    // A firing alert carries the year 1 as its end.
    endedAt: firing ? null : Date.parse(given.endsAt),
  };
}
