import { once } from "node:events";
import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { Failure, type FailureCode } from "./domain/failure.ts";
import { type FleetFile, readFleetFile } from "./fleet-file.ts";

/** A list of 10,000 agents has 2 MB, and takes seconds to parse. */
const LARGE_BYTES = 200_000;

/** What the thread says. */
export type Outcome =
  | { readonly file: FleetFile }
  | { readonly refused: { code: FailureCode; message: string; found?: string | undefined; next?: string | undefined } };

/** As `readFleetFile`, but a large file is read in a thread of its own, so that the process goes on meanwhile. */
export async function readFleetAside(path: string): Promise<FleetFile> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size < LARGE_BYTES) return await readFleetFile(path);
  const worker = new Worker(new URL("./read-fleet-thread.ts", import.meta.url), { workerData: path });
  // An error of the thread rejects; one that ended without a word would never be heard of.
  const ended = once(worker, "exit").then(() => Promise.reject(new Error(`${path} was not read to its end`)));
  const [outcome] = (await Promise.race([once(worker, "message"), ended])) as [Outcome];
  if ("file" in outcome) return outcome.file;
  const { code, message, found, next } = outcome.refused;
  throw new Failure(code, message, { ...(found !== undefined && { found }), ...(next !== undefined && { next }) });
}
