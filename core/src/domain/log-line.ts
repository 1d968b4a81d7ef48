/** From chatty to deadly. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line that an agent or a service wrote; a stack trace belongs to the line that it explains. */
export interface LogLine {
  /** Id of the agent, or name of the service: `billing`, `control-service`. */
  readonly source: string;
  readonly kind: "agent" | "service";
  /** Milliseconds since the epoch: what the line itself says, else when it was read. */
  readonly at: number;
  readonly level: LogLevel;
  /** What it says, without time, level and fields, secrets taken out; 8,000 characters at most. */
  readonly text: string;
  /** Trace, run and operation (`op-481`) it belongs to, if it names them. */
  readonly trace: string | null;
  readonly run: string | null;
  readonly operation: string | null;
  /** What else it says by name; 30 names at most. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A line as it is kept. */
export interface KeptLogLine extends LogLine {
  /** Grows in the order in which lines were taken in, over all sources. */
  readonly id: number;
}
