import type { Role } from "../../domain/actor.ts";
import type { WorkspacePerson, WorkspaceReading } from "../../domain/workspace.ts";
import type { KnownPerson } from "../../ports/directory-snapshots.ts";
import type { WorkspaceProblem } from "../../ports/workspace.ts";
import { type Queryable, query } from "./pool.ts";

/** A generation that is in force or waits. */
export interface GenerationRow {
  readonly generation: string;
  readonly state: "in-force" | "held";
  readonly digest: string;
  readonly held_because: string | null;
  readonly last_read_at: Date;
  readonly age_ms: number;
  readonly held_ms: number;
}

/** The generation in force and the one that waits, as far as they are there. */
export const readGenerations = (on: Queryable): Promise<GenerationRow[]> =>
  query<GenerationRow>(
    on,
    `select generation, state, digest, held_because, last_read_at,
       (extract(epoch from clock_timestamp() - last_read_at) * 1000)::float8 as age_ms,
       (extract(epoch from clock_timestamp() - first_read_at) * 1000)::float8 as held_ms
     from directory_generations
     where state in ('in-force', 'held')`,
  );

/** The moment so many milliseconds ago, by the clock of PostgreSQL. */
export async function momentAgo(on: Queryable, ms: number): Promise<Date> {
  const [row] = await query<{ at: Date }>(on, "select clock_timestamp() - $1 * interval '1 millisecond' as at", [ms]);
  return row?.at ?? new Date(0);
}

interface Attempt {
  readonly problem: WorkspaceProblem | null;
  readonly words: string | null;
}
export interface AttemptRow extends Attempt {
  readonly age_ms: number;
}

export const readAttempt = (on: Queryable): Promise<AttemptRow[]> =>
  query<AttemptRow>(
    on,
    `select (extract(epoch from clock_timestamp() - at) * 1000)::float8 as age_ms, problem, words
     from directory_attempts`,
  );

/** What became of an attempt. */
export const writeAttempt = (on: Queryable, { problem, words }: Attempt): Promise<unknown> =>
  query(
    on,
    `insert into directory_attempts (at, problem, words) values (clock_timestamp(), $1, $2)
     on conflict (single) do update set at = excluded.at, problem = excluded.problem, words = excluded.words`,
    [problem, words],
  );

/** A reading that said the same again. */
export const renewGeneration = (
  on: Queryable,
  generation: string,
  { readAt, leftOut }: { readAt: Date; leftOut: readonly string[] },
): Promise<unknown> =>
  query(on, "update directory_generations set last_read_at = $2, left_out = $3 where generation = $1", [
    generation,
    readAt,
    leftOut,
  ]);

/** Makes a held list the one in force; the one before must be past already. */
export const putInForce = (on: Queryable, generation: string, by: string): Promise<unknown> =>
  query(
    on,
    `update directory_generations
     set state = 'in-force', held_because = null, accepted_by = $2, accepted_at = clock_timestamp()
     where generation = $1`,
    [generation, by],
  );

export const endInForce = (on: Queryable): Promise<unknown> =>
  query(on, "update directory_generations set state = 'past' where state = 'in-force'");

export const dropHeld = (on: Queryable): Promise<{ generation: string }[]> =>
  query(on, "delete from directory_generations where state = 'held' returning generation");

// What changed is in the audit log for ever; whole lists are kept for a look back.
const KEPT = 50;

export const dropOldest = (on: Queryable): Promise<unknown> =>
  query(
    on,
    `delete from directory_generations
     where state = 'past' and generation not in (
       select generation from directory_generations where state = 'past' order by generation desc limit $1)`,
    [KEPT],
  );

export interface NewGeneration {
  readonly state: "in-force" | "held";
  readonly digest: string;
  readonly heldBecause: string | null;
  readonly readAt: Date;
  readonly leftOut: readonly string[];
}

/** @returns its number */
export async function insertGeneration(on: Queryable, made: NewGeneration): Promise<string> {
  const [row] = await query<{ generation: string }>(
    on,
    `insert into directory_generations (state, digest, held_because, first_read_at, last_read_at, left_out)
     values ($1, $2, $3, $4, $4, $5) returning generation`,
    [made.state, made.digest, made.heldBecause, made.readAt, made.leftOut],
  );
  return String(row?.generation);
}

export const insertPeople = (on: Queryable, generation: string, { people }: WorkspaceReading): Promise<unknown> =>
  query(
    on,
    `insert into directory_people (generation, id, name, mails, is_external)
     select $1, person ->> 'id', person ->> 'name',
       array(select jsonb_array_elements_text(person -> 'mails')), (person ->> 'isExternal')::boolean
     from jsonb_array_elements($2::jsonb) as person`,
    [generation, JSON.stringify(people)],
  );

/** A role that somebody had from the same group before is known since then. @param before the generation in force until now */
export const insertMemberships = (
  on: Queryable,
  generation: string,
  { people, before, readAt }: { people: readonly WorkspacePerson[]; before: string | null; readAt: Date },
): Promise<unknown> =>
  query(
    on,
    `insert into directory_memberships (generation, person, role, from_group, via, known_since)
     select $1, found ->> 'id', found ->> 'role', found ->> 'group',
       array(select jsonb_array_elements_text(found -> 'via')), coalesce(earlier.known_since, $4)
     from jsonb_array_elements($2::jsonb) as found
     left join directory_memberships earlier
       on earlier.generation = $3 and earlier.person = found ->> 'id' and earlier.role = found ->> 'role'
       and earlier.from_group = found ->> 'group'`,
    [
      generation,
      JSON.stringify(people.flatMap(({ id, grants }) => grants.map((grant) => ({ id, ...grant })))),
      before,
      readAt,
    ],
  );

interface PersonRow {
  readonly id: string;
  readonly name: string;
  readonly mails: string[];
  readonly is_external: boolean;
  readonly grants: readonly { role: Role; group: string; via: string[]; knownSince: number }[];
}

/** People of a generation, by id. */
export async function readPeople(on: Queryable, generation: string): Promise<KnownPerson[]> {
  const rows = await query<PersonRow>(
    on,
    `select id, name, mails, is_external, (
       select jsonb_agg(jsonb_build_object('role', role, 'group', from_group, 'via', via,
         'knownSince', floor(extract(epoch from known_since) * 1000)) order by role)
       from directory_memberships where generation = $1 and person = id
     ) as grants
     from directory_people where generation = $1 order by id`,
    [generation],
  );
  return rows.map(({ is_external, grants, ...row }) => ({ ...row, isExternal: is_external, grants: grants ?? [] }));
}
