import { randomUUID } from "node:crypto";
import type { PagerEvent } from "./event.ts";

export interface IncidentStep {
  /** ISO 8601. */
  readonly at: string;
  readonly action: "trigger" | "acknowledge" | "resolve";
  readonly summary: string | null;
}

/** What rings on somebody's phone: the alerts of one `dedup_key` until they are resolved. */
export interface PagerIncident {
  readonly id: string;
  readonly dedup_key: string;
  readonly status: "triggered" | "acknowledged" | "resolved";
  readonly summary: string;
  readonly severity: string;
  readonly source: string;
  readonly custom_details: unknown;
  readonly links: readonly { readonly href: string; readonly text?: string | undefined }[];
  readonly client: string | null;
  /** Oldest first. */
  readonly log: readonly IncidentStep[];
}

export interface PagerSnapshot {
  readonly version: 1;
  readonly incidents: readonly PagerIncident[];
}

const KEPT = 1_000;
const KEPT_STEPS = 200;

/** Incidents by `dedup_key`; a trigger after the end opens a new one. */
export class PagerIncidents {
  #incidents: PagerIncident[] = [];
  readonly #listeners: (() => void)[] = [];

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  list(): readonly PagerIncident[] {
    return this.#incidents;
  }

  snapshot(): PagerSnapshot {
    return { version: 1, incidents: this.#incidents };
  }

  restore({ incidents }: PagerSnapshot): void {
    this.#incidents = [...incidents];
  }

  clear(): void {
    this.#incidents = [];
    this.#changed();
  }

  /** Takes an event. @returns its dedup key; acknowledging or resolving what is not open changes nothing, as PagerDuty does it */
  take(event: PagerEvent): string {
    const dedupKey = event.dedup_key ?? randomUUID().replaceAll("-", "");
    const at = this.#incidents.findIndex(({ dedup_key, status }) => dedup_key === dedupKey && status !== "resolved");
    const open = this.#incidents[at];
    if (event.event_action === "trigger") {
      const step = { at: new Date().toISOString(), action: event.event_action, summary: event.payload.summary };
      if (open === undefined) this.#incidents = [...this.#incidents, begin(event, dedupKey, step)].slice(-KEPT);
      else this.#incidents[at] = { ...open, ...describe(event), log: [...open.log, step].slice(-KEPT_STEPS) };
    } else if (open !== undefined) {
      const step = { at: new Date().toISOString(), action: event.event_action, summary: null };
      const status = event.event_action === "resolve" ? "resolved" : "acknowledged";
      this.#incidents[at] = { ...open, status, log: [...open.log, step].slice(-KEPT_STEPS) };
    }
    this.#changed();
    return dedupKey;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

type Trigger = Extract<PagerEvent, { event_action: "trigger" }>;

const begin = (event: Trigger, dedupKey: string, step: IncidentStep): PagerIncident => ({
  id: `Q${randomUUID().replaceAll("-", "").slice(0, 13).toUpperCase()}`,
  dedup_key: dedupKey,
  status: "triggered",
  ...describe(event),
  log: [step],
});

const describe = ({ payload, links, client }: Trigger) => ({
  summary: payload.summary,
  severity: payload.severity,
  source: payload.source,
  custom_details: payload.custom_details ?? null,
  links: links ?? [],
  client: client ?? null,
});
