/** What the monitoring knows of itself. */
export interface MonitoringReading {
  /** Alert rules that are loaded; `problem` if one cannot be worked out. */
  readonly rules: readonly { readonly name: string; readonly problem: string | null }[];
  /** What is measured; `problem` if it does not answer. */
  readonly targets: readonly {
    readonly job: string;
    readonly address: string;
    readonly problem: string | null;
    /** When it was read last, ms since the epoch; null: never. */
    readonly readAt?: number | null;
  }[];
  /** How many Alertmanagers alerts are sent to. */
  readonly alertmanagers: number;
  /** When an alert last came all the way to a control service, ms; null if none ever did. */
  readonly watchdogAt: number | null;
}

/** Looks at who watches the fleet. */
export interface Monitoring {
  /** @throws Failure "unavailable" */
  look(): Promise<MonitoringReading>;
}
