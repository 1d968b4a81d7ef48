/** What Rollcall wants Alertmanager not to send. Times are ms since the epoch. */
export interface WantedSilence {
  /** For what: `op-481/billing`, `mw-3`, `sil-3`. Of one key there may be several, for different alerts. */
  readonly key: string;
  readonly agents: readonly string[];
  readonly alerts: MutedAlerts;
  /** It ends then at the latest. */
  readonly until: number;
  /** It ends so much earlier by itself if nobody renews it; null: it holds until its end. */
  readonly renewedForMs: number | null;
  /** A sentence for who finds it in Alertmanager. */
  readonly why: string;
}

/** Only these alert names, or all but these. */
export type MutedAlerts = { readonly only: readonly string[] } | { readonly except: readonly string[] };

/** One of Rollcall's silences as Alertmanager has it. */
export interface FoundSilence {
  readonly id: string;
  readonly key: string;
  readonly agents: readonly string[];
  readonly alerts: MutedAlerts;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** An alert that fires in Alertmanager, muted or not. */
export interface FiringAlert {
  readonly alertname: string;
  readonly agent: string;
  /** Ids of the silences that mute it. */
  readonly silencedBy: readonly string[];
}

/** Whether both mute the same alerts for the same reason. */
export const isSameSilence = (one: Pick<WantedSilence, "key" | "agents" | "alerts">, other: typeof one): boolean =>
  contentOf(one) === contentOf(other);

const contentOf = ({ key, agents, alerts }: Pick<WantedSilence, "key" | "agents" | "alerts">): string => {
  const [kind, names] = "only" in alerts ? ["only", alerts.only] : ["except", alerts.except];
  return JSON.stringify([key, agents.toSorted(), kind, names.toSorted()]);
};
