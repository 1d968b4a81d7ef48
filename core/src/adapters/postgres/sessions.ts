import { createHash, randomBytes } from "node:crypto";
import type { AuditEntry } from "../../domain/audit.ts";
import { Failure } from "../../domain/failure.ts";
import {
  SESSION_CONFIRM_SECONDS,
  SESSION_IDLE_SECONDS,
  SESSION_LONGEST_SECONDS,
  SESSION_OVERLAP_SECONDS,
  type SessionOpening,
  type Sessions,
  SIGN_IN_SECONDS,
} from "../../ports/sessions.ts";
import { appendAudit } from "./audit-log.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

/** A replica that asks Google has this long before another one may ask. */
const ASKING_SECONDS = 10;
/** A session that is used is written down once a minute, not with each request. */
const SEEN_SECONDS = 60;
/** 256 bits. */
const COOKIE = /^[A-Za-z0-9_-]{43}$/;

/** Sessions in PostgreSQL; what has run out is removed when the next one begins. */
export const createSessions = (pool: Pool): Sessions => ({
  open: (opening, audit) => inTransaction(pool, (client) => openSession(client, opening, audit)),
  async use(cookie) {
    const row = COOKIE.test(cookie) ? await useSession(pool, hashOf(cookie)) : undefined;
    if (row === undefined) return null;
    const { id, google, created_at, is_due, is_stolen } = row;
    if (is_stolen) return { stolen: { id, google } };
    return { id, google, createdAt: created_at.getTime(), isConfirmationDue: is_due };
  },
  async claimConfirmation(id) {
    const [row] = await claim(pool, id);
    return row === undefined ? null : { grant: row.grant_sealed };
  },
  confirm: (id, grant) =>
    inTransaction(pool, async (client) => {
      if (!(await markConfirmed(client, id, grant))) return null;
      await replaceIds(client, id);
      return await issueId(client, id);
    }),
  end: (id, audit) =>
    inTransaction(pool, async (client) => {
      const [ended] = await query<{ id: string }>(client, "delete from sessions where id = $1 returning id", [id]);
      if (ended !== undefined) appendAudit(client, audit);
      return ended !== undefined;
    }),
  endAll: (google, audit) =>
    inTransaction(pool, async (client) => {
      const ended = await query<{ id: string }>(client, "delete from sessions where google = $1 returning id", [
        google,
      ]);
      if (ended.length > 0) appendAudit(client, audit);
      return ended.length;
    }),
  standing: async () => new Set((await readStanding(pool)).map(({ id }) => id)),
});

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

async function openSession(client: Queryable, { google, grant, attempt }: SessionOpening, audit: AuditEntry) {
  if (!(await useSignIn(client, attempt)))
    throw new Failure("unauthenticated", "this sign-in was used before", { next: "Sign in again.", rule: "used" });
  await removeEnded(client);
  const [row] = await query<{ id: string }>(
    client,
    "insert into sessions (google, grant_sealed) values ($1, $2) returning id",
    [google, grant],
  );
  if (row === undefined) throw new Error("a session that was inserted has no row");
  const cookie = await issueId(client, row.id);
  appendAudit(client, audit);
  return { id: row.id, cookie };
}

async function useSignIn(client: Queryable, attempt: string): Promise<boolean> {
  const rows = await query<{ hash: Buffer }>(
    client,
    `with expired as (
       delete from sign_ins_used where expires_at <= clock_timestamp()
     )
     insert into sign_ins_used (hash, expires_at) values ($1, clock_timestamp() + make_interval(secs => $2))
     on conflict (hash) do nothing
     returning hash`,
    [hashOf(attempt), 2 * SIGN_IN_SECONDS],
  );
  return rows.length === 1;
}

const removeEnded = (client: Queryable): Promise<unknown> =>
  query(
    client,
    `delete from sessions where created_at <= clock_timestamp() - make_interval(secs => $1)
       or seen_at <= clock_timestamp() - make_interval(secs => $2)`,
    [SESSION_LONGEST_SECONDS, SESSION_IDLE_SECONDS],
  );

async function issueId(client: Queryable, session: string): Promise<string> {
  const cookie = randomBytes(32).toString("base64url");
  await query(client, "insert into session_ids (hash, session) values ($1, $2)", [hashOf(cookie), session]);
  return cookie;
}

interface UsedRow {
  readonly id: string;
  readonly google: string;
  readonly created_at: Date;
  readonly is_due: boolean;
  readonly is_stolen: boolean;
}

/** An answer that got lost leaves its client with the old cookie, so that is stolen only once a later one was used. */
async function useSession(on: Queryable, hash: Buffer): Promise<UsedRow | undefined> {
  const rows = await query<UsedRow>(
    on,
    `with found as (
       select s.id, s.google, s.created_at, s.seen_at,
         s.confirmed_at <= clock_timestamp() - make_interval(secs => $2) as is_due,
         i.replaced_at is not null and exists (
           select 1 from session_ids later
           where later.session = i.session and later.issued_at > i.issued_at
             and later.first_used_at <= clock_timestamp() - make_interval(secs => $3)
         ) as is_stolen
       from session_ids i join sessions s on s.id = i.session
       where i.hash = $1
         and s.created_at > clock_timestamp() - make_interval(secs => $4)
         and s.seen_at > clock_timestamp() - make_interval(secs => $5)
     ), seen as (
       update sessions set seen_at = clock_timestamp()
       where id in (
         select id from found where not is_stolen and seen_at <= clock_timestamp() - make_interval(secs => $6)
       )
     ), used as (
       update session_ids set first_used_at = clock_timestamp()
       where hash = $1 and first_used_at is null and exists (select 1 from found)
     )
     select id, google, created_at, is_due, is_stolen from found`,
    [
      hash,
      SESSION_CONFIRM_SECONDS,
      SESSION_OVERLAP_SECONDS,
      SESSION_LONGEST_SECONDS,
      SESSION_IDLE_SECONDS,
      SEEN_SECONDS,
    ],
  );
  return rows[0];
}

const claim = (on: Queryable, id: string): Promise<{ grant_sealed: Buffer | null }[]> =>
  query<{ grant_sealed: Buffer | null }>(
    on,
    `update sessions set asked_at = clock_timestamp()
     where id = $1 and confirmed_at <= clock_timestamp() - make_interval(secs => $2)
       and (asked_at is null or asked_at <= clock_timestamp() - make_interval(secs => $3))
     returning grant_sealed`,
    [id, SESSION_CONFIRM_SECONDS, ASKING_SECONDS],
  );

async function markConfirmed(client: Queryable, id: string, grant: Buffer | null): Promise<boolean> {
  const rows = await query<{ id: string }>(
    client,
    `update sessions set confirmed_at = clock_timestamp(), asked_at = null, grant_sealed = coalesce($2, grant_sealed)
     where id = $1
     returning id`,
    [id, grant],
  );
  return rows.length === 1;
}

const replaceIds = (client: Queryable, id: string): Promise<unknown> =>
  query(client, "update session_ids set replaced_at = clock_timestamp() where session = $1 and replaced_at is null", [
    id,
  ]);

const readStanding = (on: Queryable): Promise<{ id: string }[]> =>
  query<{ id: string }>(
    on,
    `select id from sessions where created_at > clock_timestamp() - make_interval(secs => $1)
       and seen_at > clock_timestamp() - make_interval(secs => $2)`,
    [SESSION_LONGEST_SECONDS, SESSION_IDLE_SECONDS],
  );
