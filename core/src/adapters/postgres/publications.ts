import type { Publication, Publications } from "../../ports/publications.ts";
import { type Pool, query } from "./pool.ts";

const COLUMNS = "key, revision, channel, ts, shown_revision, attempted_at is not null as attempted";

interface MessageRow {
  readonly key: string;
  readonly revision: number;
  readonly channel: string | null;
  readonly ts: string | null;
  readonly shown_revision: number;
  readonly attempted: boolean;
}

/** Which messages are behind their rows; triggers on operations, incidents and requests say what is wanted. */
export const createPublications = (pool: Pool): Publications => ({
  async behind(limit) {
    const rows = await query<MessageRow>(
      pool,
      `select ${COLUMNS} from chat_messages where shown_revision < revision order by wanted_at, key limit $1`,
      [limit],
    );
    return rows.map(toPublication);
  },
  async find(key) {
    const rows = await query<MessageRow>(pool, `select ${COLUMNS} from chat_messages where key = $1`, [key]);
    return rows.map(toPublication)[0] ?? null;
  },
  async want(key, revision) {
    await query(pool, "select want_message($1, $2)", [key, revision]);
  },
  async forget(key) {
    await query(pool, "delete from chat_messages where key = $1 and ts is null and attempted_at is null", [key]);
  },
  async keyAt({ channel, ts }) {
    // A note that needed no message of its own is kept at that of its incident.
    const rows = await query<{ key: string }>(
      pool,
      "select key from chat_messages where channel = $1 and ts = $2 and key not like '%:ending'",
      [channel, ts],
    );
    return rows[0]?.key ?? null;
  },
  async markAttempt(key, channel) {
    await query(
      pool,
      "update chat_messages set attempted_channel = $2, attempted_at = clock_timestamp() where key = $1",
      [key, channel],
    );
  },
  async markShown(key, { channel, ts, revision }) {
    await query(
      pool,
      `update chat_messages
       set channel = $2, ts = $3, shown_revision = $4, attempted_channel = null, attempted_at = null
       where key = $1`,
      [key, channel, ts, revision],
    );
  },
});

const toPublication = ({ key, revision, channel, ts, shown_revision, attempted }: MessageRow): Publication => ({
  key,
  revision,
  posted: channel === null || ts === null ? null : { channel, ts, revision: shown_revision },
  attempted,
});
