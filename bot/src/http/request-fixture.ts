import type { Ports } from "@rollcall/core/command.ts";
import type { ApprovalRequest } from "@rollcall/core/domain/approval.ts";

/** Asks for a second person in the rows of a test. */
export async function askedBy(idempotencyKey: string, { requests }: Pick<Ports, "requests">): Promise<ApprovalRequest> {
  const actor = {
    ...{ id: "operator", name: "Operator", role: "operator" as const, person: true },
    ...{ source: "access.yaml", slackUser: null },
  };
  const draft = {
    ...{ command: "restart", input: { who: ["billing"] }, actor, door: "http" as const, reason: "too slow" },
    ...{ requestId: "r-1", idempotencyKey, targets: ["billing"], hash: "a".repeat(64), policyVersion: "p" },
    ...{ incidentId: null, rule: "second-person", why: "P0 agent billing works", expiresInSeconds: 600 },
  };
  return (await requests.ask(draft, {} as never)).request;
}
