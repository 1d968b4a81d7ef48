import type { Actor } from "../domain/actor.ts";
import type { AuditEntry } from "./audit-log.ts";

export type Hand = Pick<Actor, "id" | "name" | "slackUser">;

/** An alert is offered to somebody; until they say yes it stays whose it is. Times are ms since the epoch. */
export interface AlertOffer {
  /** Number of its row. */
  readonly id: string;
  /** inc-7 */
  readonly incident: string;
  readonly giver: Hand;
  readonly taker: Hand;
  readonly offeredAt: number;
  /** null: they have not answered; `replaced`: it was offered to somebody else since. */
  readonly answer: "taken" | "declined" | "replaced" | null;
  readonly answeredAt: number | null;
}

export interface OfferDraft {
  /** op-481; the same one again is the same offer. */
  readonly operation: string;
  readonly incident: string;
  readonly giver: Hand;
  readonly taker: Hand;
  readonly now: number;
}

/** Offers, and what is answered; each in one transaction with what it changes. */
export interface AlertOffers {
  /** Replaces one of this incident that waits. @throws Failure "unavailable" */
  offer(draft: OfferDraft): Promise<AlertOffer>;
  /** @throws Failure "unavailable" */
  find(id: string): Promise<AlertOffer | null>;
  /** The one that waits for an answer; null if none does. @throws Failure "unavailable" */
  waiting(incident: string): Promise<AlertOffer | null>;
  /**
   * Answers the offer; by yes the alert is the taker's.
   * @returns false if it was answered before, or the alert has ended or is somebody else's by now @throws Failure "unavailable"
   */
  answer(given: { id: string; answer: "taken" | "declined"; now: number; audit: AuditEntry }): Promise<boolean>;
}
