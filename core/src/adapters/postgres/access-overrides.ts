import type { Role } from "../../domain/actor.ts";
import type { AccessOverrides } from "../../ports/access-overrides.ts";
import type { Block, Lift } from "../../ports/policy-rules.ts";
import { asFailure } from "./database-failure.ts";
import { type Pool, query, transact } from "./pool.ts";

interface Row {
  readonly kind: "block" | "lift";
  readonly person: string;
  readonly role: Role | null;
  readonly reason: string;
  readonly made_by: string;
  readonly made_at: Date;
  readonly until_at: Date | null;
}

/** Blocks and lifts in PostgreSQL; what has run out no longer stands. */
export const createAccessOverrides = (pool: Pool): AccessOverrides => ({
  open: () => readOpen(pool),
  block: async ({ person, reason, by, until }) => {
    await query(
      pool,
      `insert into access_overrides (kind, person, reason, made_by, until_at) values ('block', $1, $2, $3, $4)
       on conflict (kind, person) where ended_at is null
       do update set reason = excluded.reason, made_by = excluded.made_by, made_at = excluded.made_at, until_at = excluded.until_at`,
      [person, reason, by, until === null ? null : new Date(until)],
    ).catch(refuse);
  },
  lift: (lift) => replaceLift(pool, lift),
  end: async ({ kind, person, by }) => {
    const ended = await query<{ id: string }>(
      pool,
      `update access_overrides set ended_at = clock_timestamp(), ended_by = $3
       where kind = $1 and person = $2 and ended_at is null returning id`,
      [kind, person, by],
    ).catch(refuse);
    return ended.length > 0;
  },
});

const refuse = (error: unknown): never => {
  throw asFailure(error);
};

async function readOpen(pool: Pool): Promise<{ blocks: Block[]; lifts: Lift[] }> {
  const rows = await query<Row>(
    pool,
    `select kind, person, role, reason, made_by, made_at, until_at from access_overrides
     where ended_at is null and (until_at is null or until_at > clock_timestamp()) order by id`,
  ).catch(refuse);
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

async function replaceLift(pool: Pool, lift: Parameters<AccessOverrides["lift"]>[0]): Promise<void> {
  const { person, role, reason, by, until } = lift;
  await transact(pool, async (client) => {
    await query(
      client,
      `update access_overrides set ended_at = clock_timestamp(), ended_by = $2
       where kind = 'lift' and person = $1 and ended_at is null`,
      [person, by],
    );
    await query(
      client,
      `insert into access_overrides (kind, person, role, reason, made_by, until_at) values ('lift', $1, $2, $3, $4, $5)`,
      [person, role, reason, by, new Date(until)],
    );
  }).catch(refuse);
}
