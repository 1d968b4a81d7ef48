import { type Incident, type IncidentAlert, isMeasured } from "./domain/incident.ts";
import type { Clock } from "./ports/clock.ts";
import type { HeldAlerts } from "./ports/held-alerts.ts";
import type { Incidents } from "./ports/incidents.ts";
import type { Pager } from "./ports/pager.ts";
import { dedupKeyOf } from "./take-incident.ts";

/**
 * So long, in ms, an alert must be missing before it is taken to be over. Prometheus sends what fires again each minute, and
 * Alertmanager keeps it for four: ten outlast a restart of both.
 */
const UNTOLD_MS = 10 * 60_000;

/** The first look that missed an alert. */
interface Missed {
  readonly since: number;
  readonly at: number;
}

interface Deps {
  readonly incidents: Pick<Incidents, "open" | "record">;
  readonly held: HeldAlerts;
  /** Told of the end of what had rung. */
  readonly pager: Pick<Pager, "resolve">;
  readonly clock: Pick<Clock, "now">;
  /** Milliseconds that pass evenly, whatever is done to the clock. */
  readonly elapsed: () => number;
}

/**
 * Ends alerts whose end nobody will tell: Alertmanager forgets what it held when it restarts, and tells no end of what a
 * silence mutes. An alert counts as missing only while the alert that always fires is held, and since the first look that
 * missed it.
 * @returns one round, which gives the ids of incidents that it changed @throws Failure "unavailable" from that
 */
export function closeUntold({ incidents, held, pager, clock, elapsed }: Deps): () => Promise<string[]> {
  let missing = new Map<string, Missed>();
  return async () => {
    // Alertmanager holds nothing of what a person opened.
    const open = (await incidents.open()).filter(isMeasured);
    if (open.length === 0) return forget();
    const { fingerprints, watchdog } = await held.look();
    // Nobody tells this Alertmanager anything: what it does not hold may fire all the same.
    if (!watchdog) return forget();
    const now: Missed = { since: elapsed(), at: clock.now() };
    const gone = open.flatMap((incident) => firing(incident).filter((alert) => !fingerprints.has(alert.fingerprint)));
    missing = new Map(gone.map((alert) => [keyOf(alert), missing.get(keyOf(alert)) ?? now]));
    const changed: string[] = [];
    for (const incident of open) {
      const ended = firing(incident).flatMap((alert) => {
        const missed = missing.get(keyOf(alert));
        const isOver = missed !== undefined && now.since - missed.since >= UNTOLD_MS;
        return isOver ? [{ ...alert, firing: false, endedAt: missed.at }] : [];
      });
      if (ended.length === 0) continue;
      // Before it is stored, so that a pager that is away is told in a later round.
      if (ended.length === firing(incident).length) await tellPager(incident, pager);
      await incidents.record({ groupKey: incident.groupKey, status: "resolved", alerts: ended });
      changed.push(incident.id);
    }
    return changed;
  };

  function forget(): string[] {
    missing = new Map();
    return [];
  }
}

async function tellPager(incident: Incident, pager: Deps["pager"]): Promise<void> {
  if (incident.criticality === "P0" || incident.criticality === "P1") await pager.resolve(dedupKeyOf(incident));
}

const firing = ({ alerts }: Incident): IncidentAlert[] => alerts.filter((alert) => alert.firing);

const keyOf = ({ fingerprint, startsAt }: IncidentAlert): string => `${fingerprint} ${startsAt}`;
