import { createLease } from "@rollcall/core/adapters/postgres/lease.ts";
import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { startWorker } from "@rollcall/core/adapters/postgres/worker.ts";

// A control service reduced to its lease and its worker, to be killed by a test: it takes operations and never ends them.
const [url = "", instance = "", seconds = "1"] = process.argv.slice(2);
const pool = createPool({ url, name: `peer-${instance}`, onProblem: () => undefined });
const lease = createLease({ pool, instance, seconds: Number(seconds) });
await lease.start();
const worker = startWorker({
  pool,
  lease,
  execute: async (id, { signal }) => {
    console.log(`runs ${id}`);
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  },
});
process.on("SIGTERM", async () => {
  await worker.stop();
  await lease.close();
  await pool.end();
  process.exit(0);
});
console.log("ready");
