import { appendFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Handler } from "../handler.ts";
import type { MakeBehaviour } from "./behaviour.ts";

/** Two files of this size at most: the demo may run for weeks. */
const MOST_BYTES = 5 * 1024 * 1024;

/** Keeps the record: one line per event, in a file that is turned over when it is full. */
export const archiveWriter: MakeBehaviour = async ({ dir }) => {
  const path = join(dir, "record.jsonl");
  let bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  const record: Handler = async (event) => {
    if (bytes > MOST_BYTES) {
      await rename(path, `${path}.1`);
      bytes = 0;
    }
    const line = `${JSON.stringify(event)}\n`;
    await appendFile(path, line);
    bytes += Buffer.byteLength(line);
  };
  return {
    handle: {
      "orders.*": record,
      "payments.*": record,
      "invoices.*": record,
      "deliveries.*": record,
      "metrics.daily": record,
    },
  };
};
