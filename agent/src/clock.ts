import type { ServerClock } from "@rollcall/core/protocol/server-clock.ts";

/** The clock of the bus: Redis' time. */
export type BusClock = ServerClock;

/** Milliseconds of Redis' answer to TIME. */
export const parseTime = (answer: unknown): number => {
  const [seconds, micros] = answer as [string | number, string | number];
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};
