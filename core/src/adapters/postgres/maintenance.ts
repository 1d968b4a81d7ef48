import type { MaintenanceWindow } from "../../domain/maintenance.ts";
import type { Maintenance, WindowDraft } from "../../ports/maintenance.ts";
import { appendAudit } from "./audit-log.ts";
import { toDate, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

interface WindowRow {
  readonly id: string;
  readonly agents: readonly string[];
  readonly wanted_by: string;
  readonly reason: string | null;
  readonly started_at: Date;
  readonly ends_at: Date;
}

const COLUMNS = "id, agents, wanted_by, reason, started_at, ends_at";

/** Maintenance windows in PostgreSQL. What is open is remembered at each look, so somebody has to look now and then. */
export function createMaintenance(pool: Pool): Maintenance {
  let known: readonly MaintenanceWindow[] = [];
  const look = async (): Promise<MaintenanceWindow[]> => {
    const rows = await query<WindowRow>(
      pool,
      `select ${COLUMNS} from maintenance_windows where ended_at is null order by ends_at, id`,
    );
    const windows = rows.map(toWindow);
    known = windows;
    return windows;
  };
  return {
    current: () => known,
    open: look,
    async begin(draft) {
      const window = await inTransaction(pool, (client) => begin(client, draft));
      await look();
      return window;
    },
    async end(end) {
      const window = await inTransaction(pool, (client) => endWindow(client, end));
      await look();
      return window;
    },
  };
}

async function endWindow(
  client: Queryable,
  { id, by, now, audit }: Parameters<Maintenance["end"]>[0],
): Promise<MaintenanceWindow | null> {
  const rows = await query<WindowRow>(
    client,
    `update maintenance_windows set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null returning ${COLUMNS}`,
    [id.slice("mw-".length), toDate(now), toText(by)],
  );
  const [window] = rows.map(toWindow);
  if (window === undefined) return null;
  appendAudit(client, { ...audit, targets: window.agents, detail: { window: id, endsAt: window.endsAt } });
  return window;
}

async function begin(client: Queryable, draft: WindowDraft): Promise<MaintenanceWindow> {
  const { operation, agents, by, reason, now, endsAt, audit } = draft;
  const inserted = await query<WindowRow>(
    client,
    `insert into maintenance_windows (operation, agents, wanted_by, reason, started_at, ends_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (operation) do nothing
     returning ${COLUMNS}`,
    [operation, agents, toText(by), reason === null ? null : toText(reason), toDate(now), toDate(endsAt)],
  );
  const [window] = inserted.map(toWindow);
  if (window !== undefined) {
    appendAudit(client, { ...audit, targets: agents, detail: { window: window.id, endsAt } });
    return window;
  }
  const found = await query<WindowRow>(client, `select ${COLUMNS} from maintenance_windows where operation = $1`, [
    operation,
  ]);
  const [first] = found.map(toWindow);
  if (first === undefined) throw new Error(`no window is of ${operation}`);
  return first;
}

const toWindow = (row: WindowRow): MaintenanceWindow => ({
  id: `mw-${row.id}`,
  agents: row.agents,
  by: row.wanted_by,
  reason: row.reason,
  startedAt: row.started_at.getTime(),
  endsAt: row.ends_at.getTime(),
});
