import { createHash, randomBytes } from "node:crypto";
import { Failure } from "../../domain/failure.ts";
import { type LiveTickets, TICKET_SECONDS, type TicketUse } from "../../ports/live-tickets.ts";
import { type Pool, query } from "./pool.ts";

/** As many streams as one person may follow at a time; more tickets at once are of no use to anybody. */
const UNUSED_PER_PERSON = 20;

/** Tickets in PostgreSQL, by their SHA-256; what has expired is removed when the next one is issued. */
export const createLiveTickets = (pool: Pool): LiveTickets => ({
  async issue(use) {
    const ticket = `rt_${randomBytes(32).toString("base64url")}`;
    if (await insertTicket(pool, ticket, use)) return ticket;
    throw new Failure("too_many_requests", `you have ${UNUSED_PER_PERSON} tickets that were not used yet`, {
      allowed: [`${UNUSED_PER_PERSON} at a time`],
      next: `Use one, or wait ${TICKET_SECONDS} seconds until they expire.`,
    });
  },
  redeem: (ticket) => deleteTicket(pool, ticket),
});

const hashOf = (ticket: string): Buffer => createHash("sha256").update(ticket).digest();

/** @returns false if the person has too many */
async function insertTicket(
  pool: Pool,
  ticket: string,
  { person, tokenId, topics, origin }: TicketUse,
): Promise<boolean> {
  const rows = await query(
    pool,
    `with expired as (
       delete from live_tickets where expires_at <= clock_timestamp()
     )
     insert into live_tickets (hash, person, token_id, topics, origin, expires_at)
     select $1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6)
     where (
       select count(*) from live_tickets where person = $2 and expires_at > clock_timestamp()
     ) < $7
     returning person`,
    [hashOf(ticket), person, tokenId, topics, origin, TICKET_SECONDS, UNUSED_PER_PERSON],
  );
  return rows.length === 1;
}

/** Of two who come with the same ticket at the same time, PostgreSQL lets one delete it. */
async function deleteTicket(pool: Pool, ticket: string): Promise<TicketUse | null> {
  const rows = await query<{
    person: string;
    token_id: string;
    topics: string[];
    origin: string | null;
    is_valid: boolean;
  }>(
    pool,
    `delete from live_tickets where hash = $1
     returning person, token_id, topics, origin, expires_at > clock_timestamp() as is_valid`,
    [hashOf(ticket)],
  );
  const [row] = rows;
  if (row === undefined || !row.is_valid) return null;
  return { person: row.person, tokenId: row.token_id, topics: row.topics, origin: row.origin };
}
