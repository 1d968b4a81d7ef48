import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import type { UnknownOutcomes } from "@rollcall/core/ports/unknown-outcomes.ts";
import { reconcileOperation } from "@rollcall/core/reconcile-operation.ts";
import type { Logger } from "pino";

interface Deps {
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
  readonly unknown: UnknownOutcomes;
  /** Of the lease; null while it is not held. */
  readonly epoch: () => number | null;
  readonly log: Pick<Logger, "info">;
}

/** Asks what became of operations that ended as unknown. @throws Failure "unavailable", "expired" */
export async function findOutUnknown({ ports, commands, unknown, epoch, log }: Deps): Promise<void> {
  for (const operation of await unknown.list()) {
    const found = await reconcileOperation(operation, { ports, commands });
    const held = epoch();
    if (found === null || held === null) continue;
    const { id, command, ending } = found.operation;
    if (!(await unknown.settle(found.operation, { audit: found.audit, epoch: held }))) continue;
    log.info({ operation: id, command, ending }, "outcome found out");
  }
}
