import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { FastifyRequest } from "fastify";
import { type Caller, identify } from "./authentication.ts";
import type { AppDeps } from "./deps.ts";

/** Who the request comes from, written down either way. @throws Failure "unauthenticated" */
export function admit(request: FastifyRequest, { ports, attempts }: Pick<AppDeps, "ports" | "attempts">): Caller {
  try {
    const caller = identify(request, ports);
    const { actor, door, tokenId } = caller;
    attempts.admitted({ actor: actor.id, door, identity: `token:${tokenId}`, requestId: request.id });
    return caller;
  } catch (error) {
    if (isFailure(error) && error.code === "unauthenticated") {
      const door = request.headers["x-rollcall-door"] === "terminal" ? "terminal" : "http";
      const reason = request.headers.authorization === undefined ? "no-credential" : "unknown-credential";
      attempts.refused({ event: "authentication", door, reason, identity: `address:${request.ip}` });
    }
    throw error;
  }
}
