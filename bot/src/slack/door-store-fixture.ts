import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { isEnded, type Operation, plannedStages } from "@rollcall/core/domain/operation.ts";
import { executeOperation } from "@rollcall/core/execute-operation.ts";
import type { Acceptance, CommandStore } from "@rollcall/core/ports/command-store.ts";
import type { MemoryRows } from "./memory-rows.ts";
import { isSettling } from "./settled.ts";
import { isWritten } from "./written.ts";

interface Storing {
  readonly accepted: Acceptance[];
  readonly gate: { open: Promise<void> };
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
}

/** Takes commands in; what decides about a request, or only writes something down, runs at once; everything else waits. */
export function storeOf(rows: MemoryRows, { accepted, gate, ports, commands }: Storing): CommandStore {
  const byKey = new Map<string, Operation>();
  const accept = (acceptance: Acceptance): Operation => {
    const taken = [...rows.operations.values()].find(
      (one) => !isEnded(one) && one.targets.some(({ agent }) => acceptance.agents.includes(agent)),
    );
    if (taken !== undefined) throw new Failure("conflict", "an agent is taken", { found: taken.id });
    if (acceptance.confirms !== undefined) rows.plans.use(acceptance.confirms, `op-${accepted.length + 1}`);
    accepted.push(acceptance);
    const operation = operationOf(`op-${accepted.length}`, acceptance);
    byKey.set(acceptance.idempotencyKey, operation);
    rows.put(operation);
    const undone = rows.operations.get(acceptance.idempotencyKey.replace(/^undo:/, ""));
    // As the trigger in PostgreSQL does.
    if (undone !== undefined) rows.put({ ...undone, undoneBy: operation.id, undoClosed: true });
    return operation;
  };
  const settle = (operation: Operation): void => {
    const save = async (saved: Operation): Promise<Operation> => {
      rows.put(saved);
      return saved;
    };
    const signal = new AbortController().signal;
    const onBug = (error: unknown): never => {
      throw error;
    };
    void executeOperation(operation.id, { ports, commands, progress: { save }, signal, onBug });
  };
  rows.acceptApproved = (acceptance) => accept(acceptance).id;
  return {
    find: async (key) => {
      await gate.open;
      return byKey.get(key) ?? null;
    },
    accept: async (acceptance) => {
      await gate.open;
      const earlier = byKey.get(acceptance.idempotencyKey);
      if (earlier !== undefined) return { operation: earlier, repeated: true };
      const operation = accept(acceptance);
      if (isSettling(operation) || isWritten(operation)) settle(operation);
      return { operation, repeated: false };
    },
  };
}

function operationOf(id: string, acceptance: Acceptance): Operation {
  const { command, input, actor, door, reason, requestId, incidentId, agents, stages, approval } = acceptance;
  return {
    ...{ id, command, input, actor, door, reason, requestId, incidentId },
    ...{ state: "queued", ending: null, error: null, createdAt: Date.now(), startedAt: null, endedAt: null },
    ...{ usualSeconds: null, earlierRuns: 0, revision: 1 },
    ...(approval === undefined ? {} : { approval }),
    targets: (agents.length === 0 && incidentId !== null ? [incidentId] : agents).map((agent) => ({
      agent,
      stages: plannedStages(stages),
      memory: {},
      ending: null,
    })),
  };
}
