import type { Actor } from "../domain/actor.ts";

/** Somebody who has an alert was told again that it still fires. */
export interface Reminder {
  /** Number of its row. */
  readonly id: string;
  /** inc-7 */
  readonly incident: string;
  /** 1: they have it still; 2: nobody has it any more. */
  readonly times: 1 | 2;
  readonly taker: Pick<Actor, "id" | "name" | "slackUser">;
  /** ms since the epoch */
  readonly takenAt: number;
  readonly remindedAt: number;
}

export interface Reminders {
  /**
   * Reminds once of one taking; the second time the alert is given back in the same transaction.
   * @param now ms since the epoch
   * @param apartMs so long after the first the second comes at the earliest
   * @returns false if it was done before, or the alert has ended or is somebody else's by now @throws Failure "unavailable"
   */
  remind(of: { incident: string; takenAt: number; times: 1 | 2; now: number; apartMs: number }): Promise<boolean>;
  /** @throws Failure "unavailable" */
  find(id: string): Promise<Reminder | null>;
  /** Those by which an alert was given back and whose phones have not rung again. @throws Failure "unavailable" */
  unrung(): Promise<Reminder[]>;
  /** @throws Failure "unavailable" */
  markRung(id: string): Promise<void>;
}
