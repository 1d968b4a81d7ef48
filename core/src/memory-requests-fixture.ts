import type { ApprovalRequest } from "./domain/approval.ts";
import { Failure } from "./domain/failure.ts";
import type { ApprovalRequests } from "./ports/approval-requests.ts";
import type { Clock } from "./ports/clock.ts";

/** Requests in memory, by the rules of the port; agreeing accepts nothing but names an operation. */
export function memoryRequests(clock: Clock): ApprovalRequests & { readonly rows: Map<string, ApprovalRequest> } {
  const rows = new Map<string, ApprovalRequest>();
  const put = (request: ApprovalRequest): ApprovalRequest => {
    rows.set(request.id, request);
    return request;
  };
  const isOver = ({ state, expiresAt }: ApprovalRequest): boolean => state === "waiting" && expiresAt <= clock.now();
  const end = (request: ApprovalRequest, how: Partial<ApprovalRequest>): ApprovalRequest =>
    put({ ...request, ...how, decidedAt: clock.now(), revision: request.revision + 1 });
  return {
    rows,
    async ask({ expiresInSeconds, ...draft }) {
      const first = [...rows.values()].find((one) => one.idempotencyKey === draft.idempotencyKey);
      if (first !== undefined) return { request: first, repeated: true };
      const now = clock.now();
      const none = { decidedBy: null, decidedDoor: null, decidedAt: null, decisionReason: null, operationId: null };
      const times = { createdAt: now, expiresAt: now + expiresInSeconds * 1000, revision: 1 };
      return {
        request: put({ ...draft, ...none, ...times, id: `req-${rows.size + 1}`, state: "waiting" }),
        repeated: false,
      };
    },
    find: async (id) => rows.get(id) ?? null,
    findByKey: async (key) => [...rows.values()].find((one) => one.idempotencyKey === key) ?? null,
    list: async ({ waiting = false, limit }) =>
      [...rows.values()].filter((one) => !waiting || (one.state === "waiting" && !isOver(one))).slice(0, limit),
    async settle({ id, state, by, door, reason, acceptance }) {
      const request = rows.get(id);
      if (request === undefined) throw new Failure("not_found", `There is no request ${id}. Nothing was done.`);
      if (request.state !== "waiting") throw new Failure("conflict", `${id} is ${request.state} already`);
      if (isOver(request)) {
        end(request, { state: "expired" });
        throw new Failure("expired", `The ten minutes of ${id} are over. Nothing was done.`);
      }
      const operationId = acceptance === undefined ? null : "op-1";
      return end(request, { state, decidedBy: by, decidedDoor: door, decisionReason: reason, operationId });
    },
    expire: async () => [...rows.values()].filter(isOver).map((one) => end(one, { state: "expired" })),
  };
}
