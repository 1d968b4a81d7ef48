import type { Role } from "../../domain/actor.ts";
import type { AuditEntry } from "../../domain/audit.ts";
import type { AccessOverrides } from "../../ports/access-overrides.ts";
import type { Block, Lift } from "../../ports/policy-rules.ts";
import { appendAudit } from "./audit-log.ts";
import { toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

interface Row {
  readonly kind: "block" | "lift";
  readonly person: string;
  readonly role: Role | null;
  readonly reason: string;
  readonly made_by: string;
  readonly made_at: Date;
  readonly until_at: Date | null;
}

/** What is written for a block (role null) or a lift. */
interface Override {
  readonly kind: "block" | "lift";
  readonly person: string;
  readonly role: Role | null;
  readonly reason: string;
  readonly by: string;
  readonly until: number | null;
}

/** Blocks and lifts in PostgreSQL; what has run out no longer stands. */
export const createAccessOverrides = (pool: Pool): AccessOverrides => ({
  open: () => readOpen(pool),
  block: (block, audit) => put(pool, { ...block, kind: "block", role: null }, audit),
  lift: (lift, audit) => put(pool, { ...lift, kind: "lift" }, audit),
  end: (which, audit) =>
    inTransaction(pool, async (client) => {
      const stood = await endOpen(client, which);
      if (stood) appendAudit(client, audit);
      return stood;
    }),
});

async function readOpen(pool: Pool): Promise<{ blocks: Block[]; lifts: Lift[] }> {
  const rows = await query<Row>(
    pool,
    `select kind, person, role, reason, made_by, made_at, until_at from access_overrides
     where ended_at is null and (until_at is null or until_at > clock_timestamp()) order by id`,
  );
  return {
    blocks: rows.filter(({ kind }) => kind === "block").map(toBlock),
    lifts: rows.flatMap((row) => (row.role === null || row.until_at === null ? [] : [toLift(row, row.role)])),
  };
}

const toBlock = ({ person, reason, made_by, made_at, until_at }: Row): Block => ({
  ...{ person, reason, by: made_by, since: made_at.getTime(), until: until_at?.getTime() ?? null },
});

const toLift = ({ person, reason, made_by, made_at, until_at }: Row, role: Role): Lift => ({
  ...{ person, role, reason, by: made_by, since: made_at.getTime(), until: until_at?.getTime() ?? 0 },
});

const put = (pool: Pool, override: Override, audit: AuditEntry): Promise<void> =>
  inTransaction(pool, async (client) => {
    // Two at once for the same person wait for each other here, so that the later one stands.
    await query(client, "select pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `access-override ${override.person}`,
    ]);
    await endOpen(client, override);
    await insertOverride(client, override);
    appendAudit(client, audit);
  });

async function endOpen(client: Queryable, { kind, person, by }: Pick<Override, "kind" | "person" | "by">) {
  const ended = await query<{ id: string }>(
    client,
    `update access_overrides set ended_at = clock_timestamp(), ended_by = $3
     where kind = $1 and person = $2 and ended_at is null
     returning id`,
    [kind, person, by],
  );
  return ended.length > 0;
}

async function insertOverride(client: Queryable, { kind, person, role, reason, by, until }: Override): Promise<void> {
  await query(
    client,
    "insert into access_overrides (kind, person, role, reason, made_by, until_at) values ($1, $2, $3, $4, $5, $6)",
    [kind, person, role, toText(reason), by, until === null ? null : new Date(until)],
  );
}
