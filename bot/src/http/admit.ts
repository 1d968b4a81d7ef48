import { isFailure } from "@rollcall/core/domain/failure.ts";
import { type Attempts, REFUSAL_REASONS } from "@rollcall/core/ports/attempts.ts";
import type { FastifyRequest } from "fastify";
import { type Caller, identify } from "./authentication.ts";
import type { AppDeps } from "./deps.ts";
import { identifyByGrafana, saysGrafana } from "./grafana-door.ts";
import { hasTicket, identifyByTicket } from "./live-ticket.ts";

type AdmitDeps = Pick<AppDeps, "ports" | "attempts" | "tickets" | "corsOrigins" | "grafana">;

/** By what a request says who it is from. */
type Proof = "grafana" | "ticket" | "token";

/** Who the request comes from, written down either way. @throws Failure "unauthenticated", and what a ticket can fail with */
export async function admit(request: FastifyRequest, deps: AdmitDeps): Promise<Caller> {
  const { attempts } = deps;
  const proof = proofIn(request);
  try {
    const caller = await identifyBy(proof, request, deps);
    const { actor, door, identity } = caller;
    if (actor.person) attempts.admitted({ actor: actor.id, door, identity, requestId: request.id });
    else attempts.refused({ event: "authentication", door, reason: "not-a-member", identity });
    return caller;
  } catch (error) {
    if (isTurnedAway(error, proof)) attempts.refused(attemptIn(request, { proof, error }));
    throw error;
  }
}

const proofIn = (request: FastifyRequest): Proof => {
  if (saysGrafana(request)) return "grafana";
  return hasTicket(request) ? "ticket" : "token";
};

async function identifyBy(proof: Proof, request: FastifyRequest, deps: AdmitDeps): Promise<Caller> {
  if (proof === "grafana") return identifyByGrafana(request, deps);
  return proof === "ticket" ? identifyByTicket(request, deps) : identify(request, deps.ports);
}

/** A ticket that comes from a page of another origin is somebody's attempt, as an unknown token is, and two proofs at once. */
function isTurnedAway(error: unknown, proof: Proof): boolean {
  if (!isFailure(error)) return false;
  if (error.code === "unauthenticated") return true;
  return proof === "ticket" ? error.code === "forbidden" : proof === "grafana" && error.code === "invalid_input";
}

type Refusal = Parameters<Attempts["refused"]>[0];

function attemptIn(request: FastifyRequest, { proof, error }: { proof: Proof; error: unknown }): Refusal {
  const from = { event: "authentication", identity: `address:${request.ip}` } as const;
  if (proof === "grafana") {
    const rule = isFailure(error) ? error.detail.rule : undefined;
    return { ...from, door: "grafana", reason: REFUSAL_REASONS.find((one) => one === rule) ?? "unproven-identity" };
  }
  const door = request.headers["x-rollcall-door"] === "terminal" ? "terminal" : "http";
  const isBare = request.headers.authorization === undefined && proof === "token";
  return { ...from, door, reason: isBare ? "no-credential" : "unknown-credential" };
}
