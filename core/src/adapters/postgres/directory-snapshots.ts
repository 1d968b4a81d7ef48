import { auditEntry } from "../../domain/audit.ts";
import {
  changesBetween,
  digestOf,
  shrinkOf,
  type WorkspacePerson,
  type WorkspaceReading,
} from "../../domain/workspace.ts";
import type { DirectorySnapshots, DirectoryState, SaveOutcome } from "../../ports/directory-snapshots.ts";
import { appendAudit } from "./audit-log.ts";
import {
  dropHeld,
  dropOldest,
  endInForce,
  type GenerationRow,
  insertGeneration,
  insertMemberships,
  insertPeople,
  momentAgo,
  putInForce,
  readAttempt,
  readGenerations,
  readPeople,
  renewGeneration,
  writeAttempt,
} from "./directory-rows.ts";
import { toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

/** The lists of people in PostgreSQL; each is written whole in one transaction, with what it changes in the audit log. */
export const createDirectorySnapshots = (pool: Pool): DirectorySnapshots => ({
  state: () => readState(pool),
  people: (generation) => readPeople(pool, String(generation)),
  save: (reading, tookMs) =>
    inTransaction(pool, async (client) => {
      await lock(client);
      const outcome = await save(client, { reading, readAt: await momentAgo(client, tookMs) });
      await writeAttempt(client, { problem: null, words: null });
      return outcome;
    }),
  noteFailure: async ({ problem, words }) => {
    await writeAttempt(pool, { problem, words: toText(words).slice(0, 500) });
  },
  acceptHeld: (by, reason) => inTransaction(pool, (client) => acceptHeld(client, { by, reason })),
});

/** Two replicas that both believe to lead write one after the other. */
const lock = (client: Queryable): Promise<unknown> =>
  query(client, "select pg_advisory_xact_lock(hashtextextended('directory-snapshots', 0))");

async function readState(pool: Pool): Promise<DirectoryState> {
  const [rows, [attempt]] = await Promise.all([readGenerations(pool), readAttempt(pool)]);
  const { inForce, held } = sorted(rows);
  return {
    inForce: inForce && { generation: Number(inForce.generation), ageMs: inForce.age_ms },
    held: held && { generation: Number(held.generation), because: held.held_because ?? "", ageMs: held.held_ms },
    attempt: attempt === undefined ? null : { ageMs: attempt.age_ms, problem: attempt.problem, words: attempt.words },
  };
}

const sorted = (rows: readonly GenerationRow[]) => ({
  inForce: rows.find(({ state }) => state === "in-force") ?? null,
  held: rows.find(({ state }) => state === "held") ?? null,
});

interface Save {
  readonly reading: WorkspaceReading;
  readonly readAt: Date;
}

async function save(client: Queryable, { reading, readAt }: Save): Promise<SaveOutcome> {
  const { inForce, held } = sorted(await readGenerations(client));
  const newest = Math.max(...[inForce, held].map((row) => row?.last_read_at.getTime() ?? 0));
  if (readAt.getTime() <= newest) return "late";
  const digest = digestOf(reading);
  const renewed = { readAt, leftOut: reading.leftOut };
  if (inForce?.digest === digest) {
    await renewGeneration(client, inForce.generation, renewed);
    if (held !== null) await dropHeldAloud(client, held);
    return "same";
  }
  if (held?.digest === digest) {
    await renewGeneration(client, held.generation, renewed);
    return "held";
  }
  return insertList(client, { reading, readAt, digest, inForce: inForce?.generation ?? null });
}

async function insertList(
  client: Queryable,
  { reading, readAt, digest, inForce }: Save & { digest: string; inForce: string | null },
): Promise<SaveOutcome> {
  const { people, leftOut } = reading;
  const before = inForce === null ? [] : await readPeople(client, inForce);
  const heldBecause = inForce === null ? null : shrinkOf(before, people);
  await dropHeld(client);
  if (heldBecause === null) await endInForce(client);
  const state = heldBecause === null ? "in-force" : "held";
  const generation = await insertGeneration(client, { state, digest, heldBecause, readAt, leftOut });
  await insertPeople(client, generation, reading);
  await insertMemberships(client, generation, { people, before: inForce, readAt });
  await dropOldest(client);
  auditList(client, { before, after: people, generation, heldBecause });
  return heldBecause === null ? "new" : "held";
}

interface ListChange {
  readonly before: readonly WorkspacePerson[];
  readonly after: readonly WorkspacePerson[];
  readonly generation: string;
  readonly heldBecause: string | null;
}

// One row of the audit log stays small, also when a company of thousands is read for the first time.
const MOST_NAMED = 100;

function auditList(client: Queryable, { before, after, generation, heldBecause }: ListChange): void {
  const changes = changesBetween(before, after);
  appendAudit(
    client,
    auditEntry({
      event: "snapshot",
      actor: "rollcall",
      door: "schedule",
      action: heldBecause === null ? "in-force" : "held",
      targets: changes.slice(0, MOST_NAMED).map(({ id }) => id),
      reason: heldBecause,
      before: { people: before.length },
      after: { people: after.length },
      detail: { generation: Number(generation), changes: changes.slice(0, MOST_NAMED), changed: changes.length },
    }),
  );
}

async function dropHeldAloud(client: Queryable, held: GenerationRow): Promise<void> {
  await dropHeld(client);
  const detail = { generation: Number(held.generation) };
  const reason = "the directory says the same again as the list in force";
  appendAudit(
    client,
    auditEntry({ event: "snapshot", actor: "rollcall", door: "schedule", action: "held-list-dropped", reason, detail }),
  );
}

async function acceptHeld(client: Queryable, { by, reason }: { by: string; reason: string }): Promise<number | null> {
  await lock(client);
  const { inForce, held } = sorted(await readGenerations(client));
  if (held === null) return null;
  const before = inForce === null ? [] : await readPeople(client, inForce.generation);
  await endInForce(client);
  await putInForce(client, held.generation, toText(by));
  const after = await readPeople(client, held.generation);
  appendAudit(
    client,
    auditEntry({
      event: "snapshot",
      actor: by,
      door: "host",
      action: "confirmed",
      targets: changesBetween(before, after)
        .slice(0, MOST_NAMED)
        .map(({ id }) => id),
      reason: toText(reason),
      before: { people: before.length },
      after: { people: after.length },
      detail: { generation: Number(held.generation), because: held.held_because },
    }),
  );
  return after.length;
}
