import type { RollCall } from "../../domain/roll-call.ts";
import type { Verdict } from "../../domain/verdict.ts";
import type { RollCalls } from "../../ports/roll-calls.ts";
import { toDate, toText } from "./operation-rows.ts";
import { type Pool, query } from "./pool.ts";

interface RollCallRow {
  readonly id: string;
  readonly taken_at: Date;
  readonly took_ms: number;
  readonly who: string;
  readonly called_by: string;
  readonly door: string;
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

const COLUMNS = "id, taken_at, took_ms, who, called_by, door, verdicts";
/** So many are kept; of 10,000 agents one takes about 250 KB. */
const KEPT = 500;

/** Roll calls in PostgreSQL; the oldest make room. */
export const createRollCalls = (pool: Pool): RollCalls => ({
  async keep({ at, tookMs, who, by, door, verdicts }) {
    const rows = await query<RollCallRow>(
      pool,
      `with kept as (
         insert into roll_calls (taken_at, took_ms, who, called_by, door, verdicts)
         values ($1, $2, $3, $4, $5, $6)
         returning ${COLUMNS}
       ), dropped as (
         delete from roll_calls where id <= (select id from kept) - ${KEPT}
       )
       select ${COLUMNS} from kept`,
      [
        toDate(at),
        Math.round(tookMs),
        toText(who),
        toText(by),
        door,
        // From entries: an agent may be called anything.
        JSON.stringify(Object.fromEntries(verdicts)),
      ],
    );
    const [kept] = rows.map(toRollCall);
    if (kept === undefined) throw new Error("an insert returned no row");
    return kept;
  },
  async list({ who, limit }) {
    const rows = await query<RollCallRow>(
      pool,
      `select ${COLUMNS} from roll_calls where $1::text is null or who = $1 order by id desc limit $2`,
      [who === undefined ? null : toText(who), limit],
    );
    return rows.map(toRollCall);
  },
  async find(id) {
    const number = numberOf(id);
    if (number === null) return null;
    const rows = await query<RollCallRow>(pool, `select ${COLUMNS} from roll_calls where id = $1`, [number]);
    return rows.map(toRollCall)[0] ?? null;
  },
  async before({ id, who }) {
    const rows = await query<RollCallRow>(
      pool,
      `select ${COLUMNS} from roll_calls where who = $1 and id < $2 order by id desc limit 1`,
      [toText(who), numberOf(id)],
    );
    return rows.map(toRollCall)[0] ?? null;
  },
});

/** 41 of `rc-41`. */
function numberOf(id: string): string | null {
  const [, number] = /^rc-(\d{1,15})$/.exec(id) ?? [];
  return number ?? null;
}

const toRollCall = (row: RollCallRow): RollCall => ({
  id: `rc-${row.id}`,
  at: row.taken_at.getTime(),
  tookMs: row.took_ms,
  who: row.who,
  by: row.called_by,
  door: row.door,
  verdicts: new Map(Object.entries(row.verdicts)),
});
