/** What a page says. */
export interface Page {
  /** At most 1,024 characters. */
  readonly summary: string;
  readonly source: string;
  readonly severity: "critical" | "error" | "warning" | "info";
}

/**
 * The service that wakes people. Alertmanager triggers and resolves; we pass acknowledgements on, and say what Alertmanager
 * does not: that something rings anew, and the end of what was muted.
 */
export interface Pager {
  /** Idempotent. `dedupKey` = SHA-256 of Alertmanager's group key, hex. @throws Failure "unavailable" */
  acknowledge(dedupKey: string): Promise<void>;
  /**
   * Rings anew for what was acknowledged: it is ended and begun again under its key, because nobody is rung for a key that is
   * open. Repeated, it rings once more. @throws Failure "unavailable"
   */
  ringAgain(dedupKey: string, page: Page): Promise<void>;
  /** Idempotent; nothing happens for a key that is not open. @throws Failure "unavailable" */
  resolve(dedupKey: string): Promise<void>;
}
