/** What Alertmanager holds, muted or not. */
export interface HeldAlerts {
  /** @throws Failure "unavailable" */
  look(): Promise<HeldReading>;
}

export interface HeldReading {
  /** As the deliveries of these alerts name them. */
  readonly fingerprints: ReadonlySet<string>;
  /** The alert that always fires is among them: Prometheus tells this Alertmanager what it knows. */
  readonly watchdog: boolean;
}
