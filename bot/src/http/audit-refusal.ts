import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { FastifyRequest } from "fastify";
import type { AppDeps } from "./deps.ts";

/** Writes down that the door itself refused a known caller; the refusal stands even if it cannot be written down. */
export async function auditRefusal(
  deps: Pick<AppDeps, "ports" | "metrics">,
  request: FastifyRequest,
  error: unknown,
): Promise<void> {
  const { caller } = request;
  if (caller === null || !isFailure(error) || error.code !== "forbidden") return;
  const isScope = error.detail.rule?.startsWith("scope-") === true;
  deps.metrics.audit.refused({ door: caller.door, reason: isScope ? "scope" : "role" });
  try {
    await deps.ports.audit.append({
      event: "decision",
      actor: caller.actor.id,
      door: caller.door,
      identity: caller.identity,
      command: (request.params as { name?: string } | undefined)?.name ?? null,
      targets: [],
      decision: "refused",
      rule: error.detail.rule ?? null,
      reason: null,
      operationId: null,
      requestId: request.id,
      detail: { route: request.routeOptions.url ?? null, method: request.method, token: caller.tokenId },
    });
  } catch (cause) {
    request.log.error({ err: cause, rule: error.detail.rule }, "refusal could not be audited");
  }
}
