import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import type { FastifyRequest } from "fastify";
import { type Caller, type CallerSession, identify, knownAgain, requireRole, requireScope } from "./authentication.ts";
import type { AppDeps } from "./deps.ts";
import { knownByGrafanaAgain } from "./grafana-door.ts";

/**
 * Asked again and again while a stream is open: a token that was taken away, or has expired, shows no more.
 * @returns a function that says why the stream must end, or null
 */
export const refusalOf = (caller: Caller, request: FastifyRequest, deps: AppDeps) => (): string | null => {
  try {
    const now = identifyAgain(caller, request, deps);
    requireScope(now, "read");
    requireRole(now, "viewer");
    return null;
  } catch (error) {
    return isFailure(error) ? error.message : "the token cannot be checked";
  }
};

/** @throws Failure "unauthenticated" */
function identifyAgain({ ticket, grafana, session }: Caller, request: FastifyRequest, deps: AppDeps): Caller {
  const { ports } = deps;
  if (session !== undefined) return knownBySessionAgain(session, deps);
  if (grafana !== undefined) return knownByGrafanaAgain(request, grafana, deps);
  if (ticket === undefined) return identify(request, ports);
  const known = knownAgain(ticket.use, ports);
  if (known === null) throw new Failure("unauthenticated", "the token behind the ticket is not known or has expired");
  return known;
}

function knownBySessionAgain(session: CallerSession, { sessions }: AppDeps): Caller {
  const known = sessions?.knownAgain(session) ?? null;
  if (known === null) throw new Failure("unauthenticated", "the session has ended");
  return known;
}
