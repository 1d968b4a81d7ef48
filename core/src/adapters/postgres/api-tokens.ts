import { createHash, randomBytes } from "node:crypto";
import { Failure } from "../../domain/failure.ts";
import {
  type ApiToken,
  type ApiTokens,
  TOKENS_PER_PERSON,
  type TokenInForce,
  type TokenScope,
  type TokenWish,
} from "../../ports/api-tokens.ts";
import { appendAudit } from "./audit-log.ts";
import { toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

/** Rows of one list; who has more than this looks at the newest. */
const LISTED = 200;

interface Row {
  readonly id: string;
  readonly person: string;
  readonly name: string;
  readonly scopes: TokenScope[];
  readonly made_at: Date;
  readonly expires_at: Date;
  readonly last_used_on: string | null;
  readonly revoked_at: Date | null;
  readonly revoked_by: string | null;
}
const COLUMNS =
  "id::text, person, name, scopes, made_at, expires_at, last_used_on::text as last_used_on, revoked_at, revoked_by";

/** API tokens in PostgreSQL, by their SHA-256. */
export const createApiTokens = (pool: Pool): ApiTokens => ({
  make: (wish, audit) =>
    inTransaction(pool, async (client) => {
      // Two at once of the same person wait for each other here, so that the limit holds.
      await query(client, "select pg_advisory_xact_lock(hashtextextended($1, 0))", [`api-tokens ${wish.person}`]);
      const text = `rc_${randomBytes(32).toString("base64url")}`;
      const row = await insertToken(client, text, wish);
      if (row === undefined)
        throw new Failure("too_many_requests", `you have ${TOKENS_PER_PERSON} tokens in force`, {
          allowed: [`${TOKENS_PER_PERSON} for each person`],
          next: "Revoke one that is not used any more.",
        });
      const token = toToken(row);
      appendAudit(client, audit(token.id));
      return { token, text };
    }),
  list: async (person) => (await readTokens(pool, person)).map(toToken),
  revoke: (id, by, audit) =>
    inTransaction(pool, async (client) => {
      const isRevoked = await revokeToken(client, id, by);
      if (isRevoked) appendAudit(client, audit);
      return isRevoked;
    }),
  inForce: () => readInForce(pool),
  used: (id) => noteUse(pool, id),
});

const idOf = (id: string): string => `tok-${id}`;
/** @returns a number that no token has, if it is none of ours */
const numberOf = (id: string): string => /^tok-(\d{1,15})$/.exec(id)?.[1] ?? "0";

const toToken = (row: Row): ApiToken => ({
  ...{ id: idOf(row.id), person: row.person, name: row.name, scopes: row.scopes },
  ...{ madeAt: row.made_at.getTime(), expiresAt: row.expires_at.getTime(), lastUsedOn: row.last_used_on },
  ...{ revokedAt: row.revoked_at?.getTime() ?? null, revokedBy: row.revoked_by },
});

/** @returns undefined if the person has as many as they may */
async function insertToken(client: Queryable, text: string, wish: TokenWish): Promise<Row | undefined> {
  const rows = await query<Row>(
    client,
    `insert into api_tokens (person, name, hash, scopes, expires_at)
     select $1, $2, $3, $4, clock_timestamp() + make_interval(days => $5)
     where (
       select count(*) from api_tokens where person = $1 and revoked_at is null and expires_at > clock_timestamp()
     ) < $6
     returning ${COLUMNS}`,
    [wish.person, toText(wish.name), hashOf(text), wish.scopes, wish.days, TOKENS_PER_PERSON],
  );
  return rows[0];
}

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

const readTokens = (on: Queryable, person: string | null): Promise<Row[]> =>
  query<Row>(
    on,
    `select ${COLUMNS} from api_tokens where $1::text is null or person = $1 order by api_tokens.id desc limit $2`,
    [person, LISTED],
  );

async function revokeToken(
  client: Queryable,
  id: string,
  by: { readonly id: string; readonly person: string | null },
): Promise<boolean> {
  const rows = await query<{ id: string }>(
    client,
    `update api_tokens set revoked_at = clock_timestamp(), revoked_by = $2
     where id = $1 and ($3::text is null or person = $3) and revoked_at is null and expires_at > clock_timestamp()
     returning id`,
    [numberOf(id), by.id, by.person],
  );
  return rows.length === 1;
}

async function readInForce(on: Queryable): Promise<TokenInForce[]> {
  const rows = await query<Pick<Row, "id" | "person" | "scopes" | "expires_at"> & { hash: string }>(
    on,
    `select id::text, person, scopes, expires_at, encode(hash, 'hex') as hash from api_tokens
     where revoked_at is null and expires_at > clock_timestamp()`,
  );
  return rows.map(({ id, person, scopes, expires_at, hash }) => ({
    ...{ id: idOf(id), person, scopes, hash, expiresAt: expires_at.getTime() },
  }));
}

async function noteUse(on: Queryable, id: string): Promise<void> {
  await query(
    on,
    `update api_tokens set last_used_on = (clock_timestamp() at time zone 'UTC')::date
     where id = $1 and last_used_on is distinct from (clock_timestamp() at time zone 'UTC')::date`,
    [numberOf(id)],
  );
}
