import type { Reminder, Reminders } from "../../ports/reminders.ts";
import { rowNumber, toDate } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

interface ReminderRow {
  readonly id: string;
  readonly incident: string;
  readonly times: 1 | 2;
  readonly taker: Reminder["taker"];
  readonly taken_at: Date;
  readonly reminded_at: Date;
}

const COLUMNS = "id, incident, times, taker, taken_at, reminded_at";

/** Reminders in PostgreSQL, beside the incidents that they are about. */
export const createReminders = (pool: Pool): Reminders => ({
  remind: (of) => inTransaction(pool, (client) => remind(client, of)),
  async find(id) {
    if (!/^[1-9]\d{0,17}$/.test(id)) return null;
    const rows = await query<ReminderRow>(pool, `select ${COLUMNS} from alert_reminders where id = $1`, [id]);
    return rows.map(toReminder)[0] ?? null;
  },
  async unrung() {
    const rows = await query<ReminderRow>(
      pool,
      `select ${COLUMNS} from alert_reminders where times = 2 and rung_at is null order by id`,
    );
    return rows.map(toReminder);
  },
  async markRung(id) {
    await query(pool, "update alert_reminders set rung_at = clock_timestamp() where id = $1 and rung_at is null", [id]);
  },
});

async function remind(
  client: Queryable,
  { incident, takenAt, times, now, apartMs }: Parameters<Reminders["remind"]>[0],
): Promise<boolean> {
  const number = rowNumber("inc", incident);
  // Whoever gives it back or takes it at this moment comes before or after, and not between.
  await query(client, "select id from incidents where id = $1 for update", [number]);
  const rows = await query<{ id: string }>(
    client,
    `insert into alert_reminders (incident, taken_at, times, taker, reminded_at)
     select id, $2, $3, acknowledged_by, $4
     from incidents
     where id = $1 and state = 'firing' and date_trunc('milliseconds', acknowledged_at) = $2
       and (
         $3 = 1
         or exists (
           select 1 from alert_reminders as first
           where first.incident = $1 and first.taken_at = $2 and first.times = 1 and first.reminded_at <= $5
         )
       )
     on conflict do nothing
     returning id`,
    [number, toDate(takenAt), times, toDate(now), toDate(now - apartMs)],
  );
  const [row] = rows;
  if (row === undefined) return false;
  await query(client, "select want_message($1, 1)", [`${incident}:reminder-${row.id}`]);
  if (times === 2)
    await query(
      client,
      `update incidents
       set acknowledged_by = null, acknowledged_at = null, acknowledged_how = null, revision = revision + 1
       where id = $1`,
      [number],
    );
  return true;
}

const toReminder = (row: ReminderRow): Reminder => ({
  ...{ id: row.id, incident: `inc-${row.incident}`, times: row.times, taker: row.taker },
  ...{ takenAt: row.taken_at.getTime(), remindedAt: row.reminded_at.getTime() },
});
