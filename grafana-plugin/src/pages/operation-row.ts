import type { Operation } from "../api/contract.ts";
import { wishWords } from "../parts/operation-entry.tsx";

/** An operation as a row of an exported file. */
export const operationRow = (operation: Operation) => ({
  id: operation.id,
  what: wishWords(operation),
  state: operation.state,
  ending: operation.ending,
  by: operation.actor.name,
  door: operation.door,
  created: new Date(operation.createdAt).toISOString(),
  seconds: operation.endedAt === null ? null : (operation.endedAt - operation.createdAt) / 1000,
  error: operation.error,
});
