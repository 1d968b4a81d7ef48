import type { LogLevel } from "../domain/log-line.ts";

/** What a line says, by whatever format it is written in. */
export interface Said {
  /** Milliseconds since the epoch. */
  readonly at: number | null;
  readonly level: LogLevel | null;
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Reads a format. Null: the line is not of it. */
export type Format = (text: string) => Said | null;
