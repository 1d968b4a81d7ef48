import { UNDO_MS } from "../../undo.ts";
import { type Pool, query } from "./pool.ts";

/** Ends the time in which a pause or a freeze can be taken back, so that its message offers it no longer. @throws Failure "unavailable" */
export async function closeUndos(pool: Pool): Promise<void> {
  await query(
    pool,
    `update operations
     set undo_closed_at = clock_timestamp(), revision = revision + 1
     where state = 'ended'
       and command in ('pause', 'freeze', 'silence')
       and undo_closed_at is null
       and ended_at < clock_timestamp() - make_interval(secs => $1)`,
    [UNDO_MS / 1000],
  );
}
