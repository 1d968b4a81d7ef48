import { z } from "zod";

const EVERY_MS = 2_000;

const alerts = z.array(
  z.object({
    fingerprint: z.string(),
    startsAt: z.string(),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
  }),
);
type Alert = z.infer<typeof alerts>[number];

/**
 * Says each alert once that begins to fire, until `stop`.
 * @param alertmanager its address
 */
export function watchAlerts(alertmanager: string, say: (sentence: string) => void): { stop: () => void } {
  const said = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const look = async () => {
    for (const alert of await readFiring(alertmanager)) {
      const key = `${alert.fingerprint} ${alert.startsAt}`;
      if (!said.has(key)) say(describe(alert));
      said.add(key);
    }
    if (!isStopped) timer = setTimeout(() => void look(), EVERY_MS);
  };
  void look();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

async function readFiring(alertmanager: string): Promise<Alert[]> {
  try {
    const url = `${alertmanager}/api/v2/alerts?active=true&silenced=false&inhibited=false`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    return alerts.parse(await response.json());
  } catch {
    // It may be on its way up again; the keeper has said so.
    return [];
  }
}

function describe({ labels, annotations }: Alert): string {
  const time = new Date().toTimeString().slice(0, 8);
  return `${time} ${labels.criticality ?? ""} ${annotations.summary ?? labels.alertname} · #fleet-alerts`;
}
