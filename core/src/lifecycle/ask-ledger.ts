import { randomBytes } from "node:crypto";
import type { ActContext } from "../command.ts";
import { keysOf } from "../protocol/keys.ts";
import { type ControlMessage, PROTOCOL_VERSION } from "../protocol.ts";
import { effectId } from "./stop-agent.ts";

/** What an agent's ledger says of an order: it stands there, with its outcome if that is known; or it never will. */
export type LedgerWord =
  | { readonly applied: true; readonly outcome: string }
  /** The order did not take effect, and cannot any more: its deadline is over. */
  | { readonly applied: false };

const ANSWER_MS = 2000;

/**
 * Asks an agent what became of an order, by its id: the same order is sent again with a deadline that is over. An agent looks
 * into its ledger first, so it answers with the first outcome, or that the order has expired; it never acts on it.
 * @returns null if it does not answer
 * @throws Failure "unavailable"
 */
export async function askLedger(
  agent: string,
  { ports, operation }: ActContext,
  order: { readonly kind: ControlMessage["kind"]; readonly effect: string; readonly args: ControlMessage["args"] },
): Promise<LedgerWord | null> {
  const { bus, registry } = ports;
  const [{ fleet }, now] = await Promise.all([registry.expected(), bus.now()]);
  const id = effectId(operation, agent, order.effect);
  const replyTo = keysOf(fleet).replies(`${id}:ledger-${randomBytes(6).toString("hex")}`);
  const message: ControlMessage = {
    ...{ v: PROTOCOL_VERSION, id, kind: order.kind, epoch: null, deadline: now - 1, replyTo, args: order.args },
  };
  await bus.send([{ agent, message }]);
  const [reply] = await bus.collectReplies({ replyTo, expected: 1, timeoutMs: ANSWER_MS });
  if (reply?.outcome === "repeated") return { applied: true, outcome: reply.detail ?? "" };
  return reply?.outcome === "expired" ? { applied: false } : null;
}
