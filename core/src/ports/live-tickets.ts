/** What a ticket for a live stream is for. */
export interface TicketUse {
  readonly person: string;
  /** Id of the API token it was asked for with; the ticket is worth no more than that. */
  readonly tokenId: string;
  readonly topics: readonly string[];
  /** Page that asked for it; null: no page did. */
  readonly origin: string | null;
}

/** Tickets that stand for an API token once, for some seconds, in every replica. */
export interface LiveTickets {
  /** @returns the ticket, `rt_…` @throws Failure "unavailable", "too_many_requests" if the person has many unused ones */
  issue(use: TicketUse): Promise<string>;
  /** Uses the ticket up. @returns null if it is not known, was used, or has expired @throws Failure "unavailable" */
  redeem(ticket: string): Promise<TicketUse | null>;
}

/** How long a ticket may lie unused. */
export const TICKET_SECONDS = 30;
