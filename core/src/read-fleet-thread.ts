import { parentPort, workerData } from "node:worker_threads";
import { isFailure } from "./domain/failure.ts";
import { readFleetFile } from "./fleet-file.ts";
import type { Outcome } from "./read-fleet-aside.ts";

parentPort?.postMessage(await read(workerData));

async function read(path: string): Promise<Outcome> {
  try {
    return { file: await readFleetFile(path) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    // An error loses its fields on the way to another thread.
    const { code, message, detail } = error;
    return { refused: { code, message, found: detail.found, next: detail.next } };
  }
}
