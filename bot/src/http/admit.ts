import { isFailure } from "@rollcall/core/domain/failure.ts";
import { type Attempts, REFUSAL_REASONS } from "@rollcall/core/ports/attempts.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Caller, identify } from "./authentication.ts";
import type { AppDeps } from "./deps.ts";
import { identifyByGrafana, saysGrafana } from "./grafana-door.ts";
import { hasTicket, identifyByTicket } from "./live-ticket.ts";

type AdmitDeps = Pick<
  AppDeps,
  "ports" | "attempts" | "tickets" | "corsOrigins" | "grafana" | "sessions" | "storedTokens"
>;

/** By what a request says who it is from. */
type Proof = "grafana" | "ticket" | "session" | "token";

/** Who the request comes from, written down either way. @throws Failure "unauthenticated", and what a ticket or a session can fail with */
export async function admit(request: FastifyRequest, reply: FastifyReply, deps: AdmitDeps): Promise<Caller> {
  const { attempts } = deps;
  const proof = proofIn(request, deps);
  try {
    const caller = await identifyBy(proof, { request, reply, deps });
    const { actor, door, identity } = caller;
    if (actor.person) attempts.admitted({ actor: actor.id, door, identity, requestId: request.id });
    else attempts.refused({ event: "authentication", door, reason: "not-a-member", identity });
    return caller;
  } catch (error) {
    if (isTurnedAway(error, proof)) attempts.refused(attemptIn(request, { proof, error }));
    throw error;
  }
}

/** A token that was sent counts before a cookie, which goes along by itself. */
function proofIn(request: FastifyRequest, { sessions }: AdmitDeps): Proof {
  if (saysGrafana(request)) return "grafana";
  if (hasTicket(request)) return "ticket";
  return request.headers.authorization === undefined && sessions?.has(request) === true ? "session" : "token";
}

interface Coming {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deps: AdmitDeps;
}

async function identifyBy(proof: Proof, { request, reply, deps }: Coming): Promise<Caller> {
  if (proof === "grafana") return identifyByGrafana(request, deps);
  if (proof === "ticket") return identifyByTicket(request, deps);
  if (proof === "session" && deps.sessions !== undefined) return deps.sessions.identify(request, reply);
  const caller = await identifyByToken(request, deps);
  if (caller.tokenId !== null) deps.storedTokens?.used(caller.tokenId);
  return caller;
}

/** A token that another replica made just now is not known here yet: the store is asked before it is refused. */
async function identifyByToken(request: FastifyRequest, { ports, storedTokens }: AdmitDeps): Promise<Caller> {
  try {
    return identify(request, ports);
  } catch (error) {
    if (storedTokens === undefined || !(await storedTokens.mayKnow(request.headers.authorization))) throw error;
    return identify(request, ports);
  }
}

/** A ticket that comes from a page of another origin is somebody's attempt, as an unknown token is, and two proofs at once. */
function isTurnedAway(error: unknown, proof: Proof): boolean {
  if (!isFailure(error)) return false;
  if (error.code === "unauthenticated") return true;
  return proof === "ticket" || proof === "session"
    ? error.code === "forbidden"
    : proof === "grafana" && error.code === "invalid_input";
}

type Refusal = Parameters<Attempts["refused"]>[0];

function attemptIn(request: FastifyRequest, { proof, error }: { proof: Proof; error: unknown }): Refusal {
  const from = { event: "authentication", identity: `address:${request.ip}` } as const;
  if (proof === "grafana") {
    const rule = isFailure(error) ? error.detail.rule : undefined;
    return { ...from, door: "grafana", reason: REFUSAL_REASONS.find((one) => one === rule) ?? "unproven-identity" };
  }
  if (proof === "session") return { ...from, door: "page", reason: "unknown-credential" };
  const door = request.headers["x-rollcall-door"] === "terminal" ? "terminal" : "http";
  const isBare = request.headers.authorization === undefined && proof === "token";
  return { ...from, door, reason: isBare ? "no-credential" : "unknown-credential" };
}
