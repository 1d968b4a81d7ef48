import { z } from "zod";
import { KNOWN_REASONS } from "./google-error.ts";

/** What can be struck: the calls of the Directory API by their names, and the endpoints of sign-in. */
export const OPERATIONS = [
  "members.list",
  "members.hasMember",
  "groups.get",
  "users.get",
  "token",
  "certs",
  "discovery",
  "authorize",
] as const;
export type OperationName = (typeof OPERATIONS)[number];

export const FaultInput = z.strictObject({
  /** `error` answers Google's error of a reason, `answer` any status and text, `cut` breaks off in the middle of the body. */
  kind: z.enum(["error", "answer", "slow", "hang", "reset", "cut"]),
  /** Operations it strikes; all if empty. */
  on: z.array(z.enum(OPERATIONS)).default([]),
  /** How many of these are let through before. */
  after: z.int().min(0).default(0),
  count: z.int().min(1).default(1),
  reason: z.enum(KNOWN_REASONS as [string, ...string[]]).default("backendError"),
  status: z.int().min(200).max(599).default(200),
  body: z.string().max(1_000_000).default("<html>an answer that is no JSON</html>"),
  delay_ms: z.int().min(1).max(120_000).default(30_000),
});
export type Fault = z.output<typeof FaultInput>;

/** Faults in the order they were set; each strikes `count` times, after as many calls as it lets through. */
export class Faults {
  #waiting: { fault: Fault; after: number; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, after: fault.after, left: fault.count });
  }

  clear(): void {
    this.#waiting = [];
  }

  take(operation: OperationName): Fault | null {
    const entry = this.#waiting.find(({ fault, left }) => left > 0 && strikes(fault, operation));
    if (entry === undefined) return null;
    if (entry.after > 0) {
      entry.after -= 1;
      return null;
    }
    entry.left -= 1;
    return entry.fault;
  }
}

const strikes = ({ on }: Fault, operation: OperationName): boolean => on.length === 0 || on.includes(operation);
