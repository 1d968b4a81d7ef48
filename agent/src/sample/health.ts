import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HealthProbe } from "../handler.ts";

/** Below this an agent cannot be sure to keep its ledger and its own files. */
const LEAST_FREE_BYTES = 64 * 2 ** 20;

/** What every sample agent stands on beside the bus: that it can write its folder, and that the disk has room. */
export const probeFolder =
  (dir: string): HealthProbe =>
  async () => {
    const { bavail, bsize } = await statfs(dir);
    const free = bavail * bsize;
    if (free < LEAST_FREE_BYTES) throw new Error(`its disk has ${Math.round(free / 2 ** 20)} MiB left`);
    const path = join(dir, "probe");
    await writeFile(path, "written by the health probe\n");
    await rm(path);
    return `its folder is writable, ${(free / 2 ** 30).toFixed(1)} GiB free`;
  };
