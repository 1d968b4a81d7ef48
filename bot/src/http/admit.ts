import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Attempts } from "@rollcall/core/ports/attempts.ts";
import type { FastifyRequest } from "fastify";
import { type Caller, identify } from "./authentication.ts";
import type { AppDeps } from "./deps.ts";
import { hasTicket, identifyByTicket } from "./live-ticket.ts";

/** Who the request comes from, written down either way. @throws Failure "unauthenticated", and what a ticket can fail with */
export async function admit(
  request: FastifyRequest,
  deps: Pick<AppDeps, "ports" | "attempts" | "tickets" | "corsOrigins">,
): Promise<Caller> {
  const { ports, attempts } = deps;
  const withTicket = hasTicket(request);
  try {
    const caller = withTicket ? await identifyByTicket(request, deps) : identify(request, ports);
    const { actor, door, tokenId } = caller;
    attempts.admitted({ actor: actor.id, door, identity: `token:${tokenId}`, requestId: request.id });
    return caller;
  } catch (error) {
    if (isTurnedAway(error, withTicket)) attempts.refused(attemptIn(request, withTicket));
    throw error;
  }
}

/** A ticket that comes from a page of another origin is somebody's attempt, as an unknown token is. */
const isTurnedAway = (error: unknown, withTicket: boolean): boolean =>
  isFailure(error) && (error.code === "unauthenticated" || (withTicket && error.code === "forbidden"));

function attemptIn(request: FastifyRequest, withTicket: boolean): Parameters<Attempts["refused"]>[0] {
  const door = request.headers["x-rollcall-door"] === "terminal" ? "terminal" : "http";
  const isBare = request.headers.authorization === undefined && !withTicket;
  const reason = isBare ? "no-credential" : "unknown-credential";
  return { event: "authentication", door, reason, identity: `address:${request.ip}` };
}
