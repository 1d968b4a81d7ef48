import type { AlertOffer, AlertOffers, OfferDraft } from "../../ports/alert-offers.ts";
import { appendAudit } from "./audit-log.ts";
import { rowNumber, toDate, toJson, toMillis } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

interface OfferRow {
  readonly id: string;
  readonly incident: string;
  readonly giver: AlertOffer["giver"];
  readonly taker: AlertOffer["taker"];
  readonly offered_at: Date;
  readonly answer: AlertOffer["answer"];
  readonly answered_at: Date | null;
}

const COLUMNS = "id, incident, giver, taker, offered_at, answer, answered_at";

/** Offers of alerts in PostgreSQL, beside the incidents that they are about. */
export const createAlertOffers = (pool: Pool): AlertOffers => ({
  offer: (draft) => inTransaction(pool, (client) => offer(client, draft)),
  async find(id) {
    if (!/^[1-9]\d{0,17}$/.test(id)) return null;
    const rows = await query<OfferRow>(pool, `select ${COLUMNS} from alert_offers where id = $1`, [id]);
    return rows.map(toOffer)[0] ?? null;
  },
  async waiting(incident) {
    const rows = await query<OfferRow>(
      pool,
      `select ${COLUMNS} from alert_offers where incident = $1 and answer is null`,
      [rowNumber("inc", incident)],
    );
    return rows.map(toOffer)[0] ?? null;
  },
  answer: (given) => inTransaction(pool, (client) => answer(client, given)),
});

async function offer(client: Queryable, draft: OfferDraft): Promise<AlertOffer> {
  const { operation, incident, giver, taker, now } = draft;
  const number = rowNumber("inc", incident);
  await query(client, "select id from incidents where id = $1 for update", [number]);
  const known = await query<OfferRow>(client, `select ${COLUMNS} from alert_offers where operation = $1`, [operation]);
  const [first] = known.map(toOffer);
  if (first !== undefined) return first;
  const replaced = await query<{ id: string }>(
    client,
    "update alert_offers set answer = 'replaced', answered_at = $2 where incident = $1 and answer is null returning id",
    [number, toDate(now)],
  );
  for (const { id } of replaced) await wantNote(client, `${incident}:give-${id}`, 2);
  const rows = await query<OfferRow>(
    client,
    `insert into alert_offers (operation, incident, giver, taker, offered_at) values ($1, $2, $3, $4, $5)
     returning ${COLUMNS}`,
    [operation, number, toJson(giver), toJson(taker), toDate(now)],
  );
  const [made] = rows.map(toOffer) as [AlertOffer];
  await wantNote(client, `${incident}:give-${made.id}`, 1);
  return made;
}

async function answer(
  client: Queryable,
  { id, answer: said, now, audit }: Parameters<AlertOffers["answer"]>[0],
): Promise<boolean> {
  // Whoever takes it or gives it back at this moment comes before or after, and not between.
  await query(
    client,
    "select id from incidents where id = (select incident from alert_offers where id = $1) for update",
    [id],
  );
  const rows = await query<OfferRow>(
    client,
    `update alert_offers
     set answer = $2, answered_at = $3
     where id = $1 and answer is null
       and (
         $2 = 'declined'
         or exists (
           select 1 from incidents
           where id = alert_offers.incident and state = 'firing'
             and (acknowledged_by is null or acknowledged_by ->> 'id' = alert_offers.giver ->> 'id')
         )
       )
     returning ${COLUMNS}`,
    [id, said, toDate(now)],
  );
  const [offered] = rows.map(toOffer);
  if (offered === undefined) return false;
  if (said === "taken")
    await query(
      client,
      `update incidents
       set acknowledged_by = $2, acknowledged_at = clock_timestamp(), acknowledged_how = $3, revision = revision + 1
       where id = $1`,
      [rowNumber("inc", offered.incident), toJson(offered.taker), `given by ${offered.giver.name}`],
    );
  await wantNote(client, `${offered.incident}:give-${id}`, 2);
  await wantNote(client, `${offered.incident}:give-${id}:answer`, 1);
  const { giver, taker, incident } = offered;
  appendAudit(client, { ...audit, targets: [incident], detail: { giver: giver.id, taker: taker.id, answer: said } });
  return true;
}

const wantNote = (client: Queryable, key: string, revision: number): Promise<unknown> =>
  query(client, "select want_message($1, $2)", [key, revision]);

const toOffer = (row: OfferRow): AlertOffer => ({
  ...{ id: row.id, incident: `inc-${row.incident}`, giver: row.giver, taker: row.taker },
  ...{ offeredAt: row.offered_at.getTime(), answer: row.answer, answeredAt: toMillis(row.answered_at) },
});
