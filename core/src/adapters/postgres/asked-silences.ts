import { type AskedSilence, agentsOfSilence, type MutedAlert } from "../../domain/asked-silence.ts";
import type { AskedSilences, SilenceDraft } from "../../ports/asked-silences.ts";
import { appendAudit } from "./audit-log.ts";
import { toDate, toJson, toMillis, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

interface SilenceRow {
  readonly id: string;
  readonly mutes: readonly MutedAlert[];
  readonly asker: AskedSilence["asker"];
  readonly reason: string;
  readonly started_at: Date;
  readonly ends_at: Date;
  readonly ended_at: Date | null;
}

const COLUMNS = "id, mutes, asker, reason, started_at, ends_at, ended_at";

/** Silences that people asked for, in PostgreSQL. */
export const createAskedSilences = (pool: Pool): AskedSilences => ({
  begin: (draft) => inTransaction(pool, (client) => begin(client, draft)),
  ofOperation: (operation) => ofOperation(pool, operation),
  async find(id) {
    const rows = await query<SilenceRow>(pool, `select ${COLUMNS} from asked_silences where id = $1`, [numberOf(id)]);
    return rows.map(toSilence)[0] ?? null;
  },
  async open() {
    const rows = await query<SilenceRow>(
      pool,
      `select ${COLUMNS} from asked_silences where told_at is null and ended_at is null order by ends_at, id`,
    );
    return rows.map(toSilence);
  },
  end: (end) => inTransaction(pool, (client) => endSilence(client, end)),
  async untold() {
    const rows = await query<SilenceRow>(
      pool,
      `select ${COLUMNS} from asked_silences where told_at is null and ended_at is not null order by ended_at, id`,
    );
    return rows.map(toSilence);
  },
  async markTold(id) {
    await query(pool, "update asked_silences set told_at = clock_timestamp() where id = $1 and told_at is null", [
      numberOf(id),
    ]);
  },
});

async function begin(client: Queryable, draft: SilenceDraft): Promise<AskedSilence> {
  const { operation, mutes, asker, reason, now, endsAt, audit } = draft;
  const inserted = await query<SilenceRow>(
    client,
    `insert into asked_silences (operation, mutes, asker, reason, started_at, ends_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (operation) do nothing
     returning ${COLUMNS}`,
    [operation, toJson(mutes), toJson(asker), toText(reason), toDate(now), toDate(endsAt)],
  );
  const [silence] = inserted.map(toSilence);
  if (silence !== undefined) {
    const detail = { silence: silence.id, mutes, endsAt };
    appendAudit(client, { ...audit, targets: agentsOfSilence(silence), detail });
    return silence;
  }
  const first = await ofOperation(client, operation);
  if (first === null) throw new Error(`no silence is of ${operation}`);
  return first;
}

async function ofOperation(db: Queryable, operation: string): Promise<AskedSilence | null> {
  const rows = await query<SilenceRow>(db, `select ${COLUMNS} from asked_silences where operation = $1`, [operation]);
  return rows.map(toSilence)[0] ?? null;
}

async function endSilence(
  client: Queryable,
  { id, by, now, audit }: Parameters<AskedSilences["end"]>[0],
): Promise<AskedSilence | null> {
  const rows = await query<SilenceRow>(
    client,
    `update asked_silences set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null returning ${COLUMNS}`,
    [numberOf(id), toDate(now), toText(by)],
  );
  const [silence] = rows.map(toSilence);
  if (silence === undefined) return null;
  const detail = { silence: silence.id, endsAt: silence.endsAt };
  appendAudit(client, { ...audit, targets: agentsOfSilence(silence), detail });
  return silence;
}

/** 0 is no row's. */
const numberOf = (id: string): string => /^sil-([1-9]\d{0,17})$/.exec(id)?.[1] ?? "0";

const toSilence = (row: SilenceRow): AskedSilence => ({
  id: `sil-${row.id}`,
  mutes: row.mutes,
  asker: row.asker,
  reason: row.reason,
  startedAt: row.started_at.getTime(),
  endsAt: row.ends_at.getTime(),
  endedAt: toMillis(row.ended_at),
});
