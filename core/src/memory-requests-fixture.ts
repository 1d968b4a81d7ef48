import type { ApprovalRequest } from "./domain/approval.ts";
import { Failure } from "./domain/failure.ts";
import type { MemoryPlans } from "./memory-plans-fixture.ts";
import type { ApprovalRequests } from "./ports/approval-requests.ts";
import type { Clock } from "./ports/clock.ts";
import type { Acceptance } from "./ports/command-store.ts";

/**
 * Requests in memory, by the rules of the port.
 * @param plans whose use is confirmed by asking
 * @param accept what agreeing accepts, by the id of its operation; if left out nothing is accepted, and "op-1" named
 */
export function memoryRequests(
  clock: Clock,
  accept: (acceptance: Acceptance) => string = () => "op-1",
  plans?: Pick<MemoryPlans, "use">,
): ApprovalRequests & { readonly rows: Map<string, ApprovalRequest> } {
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
    async ask({ expiresInSeconds, confirms, ...draft }) {
      const first = [...rows.values()].find((one) => one.idempotencyKey === draft.idempotencyKey);
      if (first !== undefined) return { request: first, repeated: true };
      if (confirms !== undefined) plans?.use(confirms, `req-${rows.size + 1}`);
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
    list: async ({ waiting = false, before, limit }) =>
      [...rows.values()]
        .toReversed()
        .filter((one) => !waiting || (one.state === "waiting" && !isOver(one)))
        .filter(({ id }) => before === undefined || numberOf(id) < numberOf(before))
        .slice(0, limit),
    async settle({ id, state, hash, by, door, reason, acceptance }) {
      const request = rows.get(id);
      if (request === undefined) throw new Failure("not_found", `There is no request ${id}. Nothing was done.`);
      if (request.state === state && request.decidedBy?.id === by.id) return request;
      refuseChanged(request, hash);
      if (isOver(request)) {
        end(request, { state: "expired" });
        throw new Failure("expired", `The ten minutes of ${id} are over. Nothing was done.`);
      }
      const operationId = acceptance === undefined ? null : accept(acceptance);
      return end(request, { state, decidedBy: by, decidedDoor: door, decisionReason: reason, operationId });
    },
    expire: async () => [...rows.values()].filter(isOver).map((one) => end(one, { state: "expired" })),
  };
}

function refuseChanged({ id, state, hash }: ApprovalRequest, seen: string): void {
  if (state !== "waiting") throw new Failure("conflict", `${id} is ${state} already`);
  if (hash !== seen) throw new Failure("conflict", `${id} is not what was looked at. Nothing was done.`);
}

const numberOf = (id: string): number => Number(id.slice("req-".length));
