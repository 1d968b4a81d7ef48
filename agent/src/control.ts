import type { ControlMessage } from "@rollcall/core/protocol.ts";
import type { BusClock } from "./clock.ts";
import type { Drills } from "./drills.ts";
import type { Ledger } from "./ledger.ts";
import { type Log, messageOf } from "./log.ts";
import type { Orders } from "./orders.ts";
import type { Outcome, Reply } from "./replies.ts";
import type { WorkQueue } from "./work-queue.ts";

const DEFAULT_GRACE_MS = 5000;

export interface ControlParts {
  readonly epoch: number;
  readonly clock: BusClock;
  readonly ledger: Ledger;
  readonly queue: WorkQueue;
  readonly drills: Drills;
  readonly orders: Orders;
  readonly reply: Reply;
  readonly log: Log;
  /** Asks Redis now whether a newer process has this agent's id, and ends this one if so. */
  isFenced(): Promise<boolean>;
  /** Lets the work loop finish its item; false if it did not in time. */
  finishWork(graceMs: number): Promise<boolean>;
  /** Ends the process, after a stop. */
  end(): Promise<void>;
}

/** Takes the inbox entry out of the pending ones. */
export type Acknowledge = () => Promise<void>;

/**
 * Applies one verified control message. Resolves when the inbox may go on to the next one; what takes longer (a canary,
 * a stop) answers later.
 */
export async function applyControl(parts: ControlParts, message: ControlMessage, ack: Acknowledge): Promise<void> {
  // Meant for the process that took our place: it is left to that one.
  if (message.epoch !== null && message.epoch > parts.epoch && (await parts.isFenced())) return;
  const refusal = refuse(parts, message);
  if (refusal !== null) {
    await parts.reply(message, refusal);
    return ack();
  }
  if (message.kind === "echo") {
    await parts.reply(message, { outcome: "done" });
    return ack();
  }
  if (message.kind === "canary") return takeCanary(parts, message, ack);
  if (message.kind === "health") {
    const answered = parts.orders.examine(message.deadline - parts.clock.now());
    void answered.then((outcome) => parts.reply(message, outcome)).then(ack);
    return;
  }
  // Asked now: one that was frozen has had this on its socket since before another process took its place.
  if (await parts.isFenced()) return;
  return applyOnce(parts, message, ack);
}

function refuse({ ledger, clock, epoch, drills, orders }: ControlParts, message: ControlMessage): Outcome | null {
  const known = ledger.find(message.id);
  if (known !== null) {
    return { outcome: "repeated", detail: known.outcome ?? `begun at ${new Date(known.at).toISOString()}` };
  }
  const lateMs = clock.now() - message.deadline;
  if (lateMs > 0) return { outcome: "expired", detail: `${lateMs} ms after its deadline` };
  if (message.epoch !== null && message.epoch !== epoch) {
    return { outcome: "refused", detail: `it was meant for epoch ${message.epoch}, this is ${epoch}` };
  }
  return message.kind === "drill" ? drills.refuse(message.args.fault) : orders.refuse(message);
}

async function takeCanary({ queue, reply }: ControlParts, message: ControlMessage, ack: Acknowledge): Promise<void> {
  const taken = queue.addCanary((passage) => {
    void reply(message, { outcome: "done", ...passage }).then(ack);
  });
  if (taken) return;
  await reply(message, { outcome: "refused", detail: "too many canaries wait for the work loop already" });
  return ack();
}

/** The ledger line is on the disk before the effect, so a repeat after a crash has none. */
async function applyOnce(parts: ControlParts, message: ControlMessage, ack: Acknowledge): Promise<void> {
  const { ledger, epoch, clock, reply } = parts;
  try {
    await ledger.write({ kind: "applied", id: message.id, what: describe(message), epoch, at: clock.now() });
  } catch (error) {
    await reply(message, { outcome: "failed", detail: `the ledger cannot be written: ${messageOf(error)}` });
    return ack();
  }
  parts.log.info("a control message is applied", { id: message.id, what: describe(message) });
  if (message.kind === "stop") void applyStop(parts, message, ack);
  else if (message.kind === "drain") void applyDrain(parts, message, ack);
  else if (message.kind === "drill") await applyDrill(parts, message, ack);
  else {
    await finish(parts, message, await parts.orders.obey(message));
    await ack();
  }
}

function describe({ kind, args }: ControlMessage): string {
  if (kind === "drill") return `drill ${args.fault}`;
  return kind === "run" ? `run ${args.run} as ${args.runId}` : kind;
}

/** It stops by itself when it is done, also if the control service is away by then. */
async function applyDrain(parts: ControlParts, message: ControlMessage, ack: Acknowledge): Promise<void> {
  await finish(parts, message, await parts.orders.drain());
  await ack();
  if (await parts.finishWork(DEFAULT_GRACE_MS)) await parts.end();
}

async function applyStop(parts: ControlParts, message: ControlMessage, ack: Acknowledge): Promise<void> {
  const graceMs = message.args.graceMs ?? DEFAULT_GRACE_MS;
  const finished = await parts.finishWork(graceMs);
  const outcome: Outcome = finished
    ? { outcome: "done" }
    : { outcome: "failed", detail: `the work loop did not finish its item in ${graceMs / 1000} s; I go on` };
  await finish(parts, message, outcome);
  await ack();
  if (finished) await parts.end();
}

/** "done" is said when it is so: whoever hears it may rely on the fault. Only a crash leaves nobody to say it. */
async function applyDrill(parts: ControlParts, message: ControlMessage, ack: Acknowledge): Promise<void> {
  const { drills } = parts;
  const { fault } = message.args;
  const outcome: Outcome = { outcome: "done", detail: drills.detailOf(fault) };
  const isLast = fault === "crash";
  if (!isLast) await drills.begin(fault);
  await finish(parts, message, outcome);
  await ack();
  if (isLast) await drills.begin(fault);
}

async function finish({ ledger, reply, clock, log }: ControlParts, message: ControlMessage, outcome: Outcome) {
  const entry = { id: message.id, outcome: outcome.outcome, detail: outcome.detail ?? null, at: clock.now() };
  await ledger.write({ kind: "outcome", ...entry }).catch((error: unknown) => {
    log.error("the outcome is not in the ledger", { id: message.id, reason: messageOf(error) });
  });
  await reply(message, outcome);
}
