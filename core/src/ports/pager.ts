/** The service that wakes people. Alertmanager triggers and resolves; we only pass acknowledgements on. */
export interface Pager {
  /** Idempotent. `dedupKey` = SHA-256 of Alertmanager's group key, hex. @throws Failure "unavailable" */
  acknowledge(dedupKey: string): Promise<void>;
}
