import { createPool, query } from "@rollcall/core/adapters/postgres/pool.ts";
import type { CrashStage } from "./stage.ts";

/**
 * Whether the control service that has just died was carrying out an operation: its worker is a part of its process.
 * @param url of the control service, whose lease is known by it
 * @returns also "control service" while PostgreSQL is down
 */
export async function whatDied({ ownerUrl }: CrashStage, url: string): Promise<"worker" | "control service"> {
  const pool = createPool({ url: ownerUrl, name: "rollcall-drill" });
  try {
    const rows = await query(
      pool,
      `select from operations join control_leases on control_leases.epoch = operations.lease_epoch
       where operations.state in ('running', 'verifying') and right(instance, length($1)) = $1
       limit 1`,
      [new URL(url).host],
    );
    return rows.length > 0 ? "worker" : "control service";
  } catch {
    return "control service";
  } finally {
    await pool.end();
  }
}
