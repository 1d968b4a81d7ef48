import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { type TakingBack, takingBack, undoKey } from "@rollcall/core/undo.ts";
import type { SlackDoorDeps } from "./door.ts";
import type { Wish } from "./orders.ts";
import type { Order } from "./render/buttons.ts";

/**
 * What the press of Undo means now, by the row of the operation and not by what the button carries; other wishes are
 * left as they are.
 * @throws Failure "not_found", "expired"
 */
export async function readUndo(wish: Wish, { ports }: Pick<SlackDoorDeps, "ports">): Promise<Wish> {
  const { undo, confirm } = wish.order;
  if (undo === undefined) return wish;
  const operation = await ports.operations.find(undo);
  if (operation === null) throw new Failure("not_found", `There is no operation ${undo}. Nothing was done.`);
  const idempotencyKey = undoKey(operation.id);
  // What was shown as a plan is what is confirmed. What was taken back is answered with what took it back.
  if (confirm !== undefined || operation.undoneBy !== undefined) return { ...wish, idempotencyKey };
  const back = takingBack(operation, ports.clock.now());
  if (back === null) throw tooLate(operation);
  const input = await stillSo(back, operation, ports);
  return { ...wish, idempotencyKey, order: { ...wish.order, command: back.command, input } };
}

/** Only those that nobody has changed since. */
async function stillSo(
  { input }: TakingBack,
  operation: Operation,
  { registry }: SlackDoorDeps["ports"],
): Promise<Order["input"]> {
  if (!("who" in input)) return { ...input };
  const { agents } = await registry.expected();
  const held = agents.filter(
    ({ id, desired }) =>
      input.who.includes(id) && desired.state === "paused" && (desired.since ?? 0) <= (operation.endedAt ?? 0),
  );
  if (held.length > 0) return { who: held.map(({ id }) => id) };
  throw new Failure("expired", `Nothing of ${operation.id} is left to undo: somebody changed it since.`, {
    next: "Look: /fleet status. Nothing was done.",
  });
}

/** Words that take it back when its button no longer does. */
const WORDS: Readonly<Record<string, string>> = { freeze: "thaw", silence: "unsilence sil-…" };

const tooLate = ({ id, command }: Operation): Failure =>
  new Failure("expired", `${id} can no longer be undone. Nothing was done.`, {
    next: `Type it instead: /fleet ${WORDS[command] ?? "resume …"}`,
  });
