import { Failure } from "@rollcall/core/domain/failure.ts";
import { LIVE_TOPICS, type LiveTopic, liveTicket, liveTicketRequest } from "@rollcall/core/live-contract.ts";
import { TICKET_SECONDS } from "@rollcall/core/ports/live-tickets.ts";
import type { FastifyRequest } from "fastify";
import { type Caller, callerOf, knownAgain, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery } from "./query.ts";

/** Where a ticket stands for a token; nowhere else. */
const SOCKET = "/api/v1/live/socket";
const LOG_SOCKET = "/api/v1/logs/stream/socket";
const TICKET = /^rt_[A-Za-z0-9_-]{43}$/;

/** Gives out tickets: a page asks with its token, then opens the WebSocket with what it got. */
export function registerTickets(api: App, deps: AppDeps): void {
  const schema = {
    tags: ["live"],
    summary: "A ticket for one WebSocket",
    description:
      "For pages, which cannot send a token with a WebSocket: open /live/socket?ticket=… (or /logs/stream/socket?ticket=… for the topic logs) within 30 seconds, from a page of a named origin. It serves once.",
    querystring: noQuery,
    body: liveTicketRequest,
    response: { 200: liveTicket },
  };
  api.post("/live/ticket", { schema }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    if (caller.session !== undefined)
      throw new Failure("invalid_input", "a session needs no ticket", {
        next: `Open ${SOCKET}: the cookie goes along.`,
      });
    const origin = originOf(request);
    if (origin !== null) requireOrigin(origin, deps.corsOrigins);
    if (caller.tokenId === null)
      throw new Failure("forbidden", "a ticket stands for an API token, and you came without one", {
        next: "Through Grafana open /live or /live/socket itself.",
        rule: "ticket",
      });
    const topics = request.body.topics ?? LIVE_TOPICS;
    const ticket = await deps.tickets.issue({
      ...{ person: caller.actor.id, tokenId: caller.tokenId, topics: [...new Set(topics)], origin },
    });
    return { ticket, expiresInSeconds: TICKET_SECONDS, path: SOCKET, topics: [...topics] };
  });
}

export const originOf = ({ headers }: FastifyRequest): string | null => headers.origin ?? null;

/** @throws Failure "forbidden" for a page that is not of a named origin */
export function requireOrigin(origin: string | null, allowed: readonly string[] = []): void {
  if (origin !== null && allowed.includes(origin)) return;
  throw new Failure("forbidden", "this page may not follow the fleet", {
    found: origin?.slice(0, 200) ?? "no origin",
    allowed: [...allowed],
    next: "Name the origin of the page in ROLLCALL_CORS_ORIGINS.",
    rule: "origin",
  });
}

/** Whether the request comes with a ticket in the place of a token. */
export const hasTicket = (request: FastifyRequest): boolean =>
  [SOCKET, LOG_SOCKET].includes(request.routeOptions.url ?? "") && ticketIn(request) !== undefined;

const ticketIn = ({ query }: FastifyRequest): string | undefined => (query as { ticket?: string }).ticket;

/**
 * Who the ticket stands for; it is used up, whatever comes of it.
 * @throws Failure "unauthenticated", "forbidden", "invalid_input", "unavailable"
 */
export async function identifyByTicket(
  request: FastifyRequest,
  deps: Pick<AppDeps, "ports" | "tickets" | "corsOrigins">,
): Promise<Caller> {
  if (request.headers.authorization !== undefined)
    throw new Failure("invalid_input", "a ticket and a token were sent", { next: "Send one of them." });
  const ticket = ticketIn(request) ?? "";
  // Used up first: a ticket that was seen by somebody else is worth nothing after a try from the wrong page.
  const use = TICKET.test(ticket) ? await deps.tickets.redeem(ticket) : null;
  const origin = originOf(request);
  requireOrigin(origin, deps.corsOrigins);
  const known = use === null ? null : knownAgain(use, deps.ports);
  if (use === null || known === null || (use.origin !== null && use.origin !== origin))
    throw new Failure("unauthenticated", "the ticket is not known, was used, or has expired", {
      next: "Ask POST /api/v1/live/ticket for another one, from the page that uses it; it serves once, for 30 seconds.",
    });
  return { ...known, ticket: { use, topics: use.topics as readonly LiveTopic[] } };
}
