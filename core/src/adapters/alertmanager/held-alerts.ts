import { z } from "zod";
import type { HeldAlerts } from "../../ports/held-alerts.ts";
import { openAlertmanager, read } from "./client.ts";

const WATCHDOG = "Watchdog";

const alerts = z.array(z.object({ fingerprint: z.string(), labels: z.record(z.string(), z.string()) }));

/** Alerts of Alertmanager's API, version 2: those that are silenced or inhibited too. */
export function openHeldAlerts(url: string): HeldAlerts {
  const ask = openAlertmanager(url);
  return {
    async look() {
      const held = await read(await ask("/alerts?active=true&silenced=true&inhibited=true"), alerts);
      return {
        fingerprints: new Set(held.map(({ fingerprint }) => fingerprint)),
        watchdog: held.some(({ labels }) => labels.alertname === WATCHDOG),
      };
    },
  };
}
