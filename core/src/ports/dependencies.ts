/** One thing that this service stands on, as its last look found it. */
export interface Dependency {
  /** "redis", "slack", "fleet.yaml" */
  readonly name: string;
  /** `unknown`: nobody has looked, or not for a while. */
  readonly state: "up" | "down" | "unknown";
  readonly detail: string | null;
  /** When it was looked at last, ms since the epoch; null: never. */
  readonly checkedAt?: number | null;
}

/** What the service looks at every few seconds to know whether it is ready. Never waits. */
export interface Dependencies {
  current(): readonly Dependency[];
}
