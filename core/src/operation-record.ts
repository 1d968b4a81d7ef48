import { setTimeout as sleep } from "node:timers/promises";
import { isFailure } from "./domain/failure.ts";
import type { Operation, TargetProgress } from "./domain/operation.ts";
import { mayBecome } from "./domain/operation-states.ts";
import type { Execution } from "./execute-operation.ts";
import type { AuditEntry } from "./ports/audit-log.ts";

/** What is to be different in the row, from how it stands then. */
export type Change = (operation: Operation) => Partial<Operation>;

interface Pending {
  readonly change: Change;
  readonly audit: readonly AuditEntry[];
  readonly stored: PromiseWithResolvers<void>;
}

/**
 * The row of an operation that is being carried out. Agents that are worked on side by side change it in turn, and what
 * waits for its turn is stored together, so that many agents do not make many writes.
 */
export class OperationRecord {
  readonly #execution: Execution;
  #current: Operation;
  #pending: Pending[] = [];
  #isStoring = false;

  constructor(operation: Operation, execution: Execution) {
    this.#current = operation;
    this.#execution = execution;
  }

  /** As it was stored last. */
  get current(): Operation {
    return this.#current;
  }

  /** @throws Error if the operation has no such agent */
  target(agent: string): TargetProgress {
    return targetOf(this.#current, agent);
  }

  /**
   * @returns once it is stored
   * @throws Failure "expired" if another process has taken it over; the reason of the signal; Error if the change is none that
   *   domain/operation-states.ts knows
   */
  async save(change: Change, audit: readonly AuditEntry[] = []): Promise<void> {
    const stored = Promise.withResolvers<void>();
    this.#pending.push({ change, audit, stored });
    if (!this.#isStoring) void this.#store();
    await stored.promise;
  }

  /** Changes one agent; the state follows from what all agents are at. */
  async saveTarget(agent: string, change: (target: TargetProgress) => TargetProgress): Promise<void> {
    await this.save((operation) => {
      const changed = change(targetOf(operation, agent));
      const targets = operation.targets.map((one) => (one.agent === agent ? changed : one));
      return { targets, state: stateOf(operation, targets) };
    });
  }

  /** An audit row about this operation. */
  entry(event: AuditEntry["event"], facts: Partial<AuditEntry> & Pick<AuditEntry, "detail">): AuditEntry {
    const { id, actor, door, command, reason, requestId, targets } = this.#current;
    const about = { actor: actor.id, door, command, targets: targets.map(({ agent }) => agent) };
    return { decision: null, rule: null, ...about, reason, requestId, operationId: id, ...facts, event };
  }

  /** Never throws: what went wrong is told to those whose changes were not stored. */
  async #store(): Promise<void> {
    this.#isStoring = true;
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      try {
        let changed = this.#current;
        for (const { change } of batch) changed = { ...changed, ...change(changed) };
        checkCourse(this.#current, changed);
        const audit = batch.flatMap((one) => one.audit);
        this.#current = await untilStored(this.#execution, () => this.#execution.progress.save(changed, audit));
        for (const { stored } of batch) stored.resolve();
      } catch (error) {
        for (const { stored } of batch) stored.reject(error);
      }
    }
    this.#isStoring = false;
  }
}

function targetOf({ id, targets }: Operation, agent: string): TargetProgress {
  const target = targets.find((candidate) => candidate.agent === agent);
  if (target === undefined) throw new Error(`${id} has no target ${agent}`);
  return target;
}

function checkCourse(before: Operation, after: Operation): void {
  if (mayBecome(before, after)) return;
  const became = after.ending === null ? after.state : `${after.state} as ${after.ending}`;
  throw new Error(`${before.id} is ${before.state}, and nothing makes it ${became}`);
}

/** What comes after the agent was acted on: does it work, does it help? */
const PROOFS = ["working", "alert clear"];

/** Verifying while only proofs are under way; between two stages it stays what it was. */
function stateOf({ state }: Operation, targets: readonly TargetProgress[]): Operation["state"] {
  const underWay = targets.flatMap(({ stages }) => stages.filter((stage) => stage.state === "now"));
  if (underWay.length === 0) return state;
  return underWay.every(({ name }) => PROOFS.includes(name)) ? "verifying" : "running";
}

const RETRY_MS = 200;
const LONGEST_PAUSE = 25;

/** PostgreSQL is waited for without an end: a row that is not stored would be a promise that is not kept. */
export async function untilStored<Result>(execution: Execution, store: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await store();
    } catch (error) {
      execution.signal.throwIfAborted();
      if (!isFailure(error) || error.code !== "unavailable") throw error;
      await pause(execution, tries);
    }
  }
}

/** Before something that was away is tried again; it doubles up to 25 times the first one. */
export const pause = (
  { retryMs = RETRY_MS, signal }: Pick<Execution, "retryMs" | "signal">,
  tries: number,
): Promise<void> => sleep(retryMs * Math.min(2 ** tries, LONGEST_PAUSE), undefined, { signal });
