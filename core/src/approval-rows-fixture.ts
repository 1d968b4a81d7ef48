import type { Rows } from "./approval-world-fixture.ts";
import { Failure } from "./domain/failure.ts";
import { isEnded, type Operation, plannedStages } from "./domain/operation.ts";
import { memoryPlans } from "./memory-plans-fixture.ts";
import { memoryRequests } from "./memory-requests-fixture.ts";
import type { Acceptance } from "./ports/command-store.ts";

/** Rows in memory with the rules of PostgreSQL's: one operation for each key, one at a time for each agent. */
export function memoryRows(): Rows {
  let now = 1_800_000_000_000;
  const clock = { now: () => now };
  const byKey = new Map<string, Operation>();
  const rows = new Map<string, Operation>();
  const plans = memoryPlans(clock);
  const accept = (acceptance: Acceptance): Operation => {
    const isTaken = [...rows.values()].some(
      (one) => !isEnded(one) && one.targets.some(({ agent }) => acceptance.agents.includes(agent)),
    );
    if (isTaken) throw new Failure("conflict", "an agent is taken");
    const operation = acceptedOf(`op-${rows.size + 1}`, acceptance, clock.now());
    if (acceptance.confirms !== undefined) plans.use(acceptance.confirms, operation.id);
    rows.set(operation.id, operation);
    byKey.set(acceptance.idempotencyKey, operation);
    return operation;
  };
  const once = (acceptance: Acceptance) => {
    const operation = byKey.get(acceptance.idempotencyKey);
    return operation === undefined ? { operation: accept(acceptance), repeated: false } : { operation, repeated: true };
  };
  return {
    clock,
    async pass(seconds) {
      now += seconds * 1000;
    },
    plans,
    requests: memoryRequests(clock, (acceptance) => once(acceptance).operation.id, plans),
    store: { find: async (key) => byKey.get(key) ?? null, accept: async (acceptance) => once(acceptance) },
    operations: { find: async (id) => rows.get(id) ?? null },
    async claim(id) {
      if (isEnded(rows.get(id) as Operation)) return null;
      return async (operation) => {
        if (isEnded(rows.get(operation.id) as Operation)) throw new Failure("expired", "the lease was lost");
        rows.set(operation.id, operation);
        return operation;
      };
    },
    unended: async () => [...rows.values()].filter((one) => !isEnded(one)).map(({ id }) => id),
  };
}

function acceptedOf(id: string, acceptance: Acceptance, now: number): Operation {
  const { command, input, actor, door, reason, requestId, incidentId, agents, stages, approval } = acceptance;
  return {
    ...{ id, command, input, actor, door, reason, requestId, incidentId, state: "queued", ending: null, error: null },
    ...{ createdAt: now, startedAt: null, endedAt: null, usualSeconds: null, earlierRuns: 0, revision: 1 },
    ...(approval === undefined ? {} : { approval }),
    targets: agents.map((agent) => ({ agent, stages: plannedStages(stages), memory: {}, ending: null })),
  };
}
