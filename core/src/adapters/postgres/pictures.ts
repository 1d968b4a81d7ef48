import type { Pictures, WantedPicture } from "../../ports/pictures.ts";
import { rowNumber } from "./operation-rows.ts";
import { type Pool, query } from "./pool.ts";

interface Row {
  readonly incident: string;
  readonly channel: string;
  readonly thread: string;
  readonly attempts: number;
}

/** Which cards have a picture, in PostgreSQL. */
export const createPictures = (pool: Pool): Pictures => ({
  async wanted(limit) {
    // What fired is measured and drawn by then: the alert may be pushed before Prometheus has read what it is about.
    const rows = await query<Row>(
      pool,
      `select card.key as incident, card.channel, card.ts as thread, coalesce(picture.attempts, 0) as attempts
       from incidents
       join chat_messages card on card.key = 'inc-' || incidents.id and card.ts is not null
       left join incident_pictures picture on picture.incident = incidents.id
       where incidents.state = 'firing'
         and incidents.opened_at between clock_timestamp() - interval '30 minutes' and clock_timestamp() - interval '10 s'
         and picture.settled_at is null
         and coalesce(picture.attempts, 0) <= 3
         and coalesce(picture.attempted_at, '-infinity') < clock_timestamp() - interval '10 s'
       order by incidents.opened_at desc
       limit $1`,
      [limit],
    );
    return rows.map(
      ({ incident, channel, thread, attempts }): WantedPicture => ({ incident, channel, thread, attempts }),
    );
  },
  async begin({ incident, attempts }) {
    const rows = await query(
      pool,
      `insert into incident_pictures as picture (incident, attempts, attempted_at) values ($1, 1, clock_timestamp())
       on conflict (incident) do update set attempts = picture.attempts + 1, attempted_at = clock_timestamp()
         where picture.attempts = $2 and picture.settled_at is null
       returning incident`,
      [rowNumber("inc", incident), attempts],
    );
    return rows.length > 0;
  },
  async settle(incident, ts) {
    await query(
      pool,
      `insert into incident_pictures (incident, settled_at, ts) values ($1, clock_timestamp(), $2)
       on conflict (incident) do update set settled_at = excluded.settled_at, ts = excluded.ts`,
      [rowNumber("inc", incident), ts],
    );
  },
});
