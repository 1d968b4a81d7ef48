import pg from "pg";
import { Failure } from "../../domain/failure.ts";
import { asFailure, isForbidden } from "./database-failure.ts";

/** The role of the control service: a group without a login that the migrations make. */
export const APP_ROLE = "rollcall_app";

/** Tables that the control service may look at and add to, by a function of the owner, but never change. */
const APPEND_ONLY = ["audit_log", "audit_head"];

/**
 * Gives the control service's role what it needs and takes away what it must not have; as the owner, after each migration,
 * so that new tables are covered. Does nothing for anybody else, nor where the role could not be made.
 */
export async function grantRights(client: pg.ClientBase): Promise<void> {
  const { rowCount } = await client.query(
    `select 1 from pg_roles, pg_class owned
     where rolname = $1 and owned.oid = to_regclass('audit_log') and pg_has_role(owned.relowner, 'member')`,
    [APP_ROLE],
  );
  if (rowCount === 0) return;
  await client.query("begin");
  try {
    await grant(client);
    await letThroughRowSecurity(client);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

async function grant(client: pg.ClientBase): Promise<void> {
  const append = APPEND_ONLY.join(", ");
  for (const statement of [
    ...["public", "graphile_worker"].flatMap((schema) => [
      `grant usage on schema ${schema} to ${APP_ROLE}`,
      `grant select, insert, update, delete on all tables in schema ${schema} to ${APP_ROLE}`,
      `grant usage, select on all sequences in schema ${schema} to ${APP_ROLE}`,
      `grant execute on all functions in schema ${schema} to ${APP_ROLE}`,
    ]),
    `revoke all on ${append}, migrations from ${APP_ROLE}`,
    `grant select on ${append}, audit_rows, migrations to ${APP_ROLE}`,
  ])
    await client.query(statement);
}

/** graphile-worker closes its tables to everybody but their owner by row security without a policy. */
async function letThroughRowSecurity(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name
     from pg_class c
     where c.relnamespace = 'graphile_worker'::regnamespace and c.relrowsecurity
       and not exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = '${APP_ROLE}')`,
  );
  for (const { name } of rows)
    await client.query(`create policy ${APP_ROLE} on ${name} to ${APP_ROLE} using (true) with check (true)`);
}

export interface Login {
  /** PostgreSQL as the owner of the schema. */
  readonly ownerUrl: string;
  /** Name of the login, which becomes a member of the control service's role. */
  readonly login: string;
  readonly password: string;
}

/**
 * Makes the login that the control service connects with, or gives it another password.
 * @returns its address
 * @throws Failure "unavailable"; "forbidden" if the owner may not make roles, with the statements for somebody who may
 */
export async function makeLogin({ ownerUrl, login, password }: Login): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 5000, query_timeout: 5000 });
  client.on("error", () => undefined); // The statement under way reports it.
  const name = pg.escapeIdentifier(login);
  try {
    await client.connect();
    const { rowCount } = await client.query("select 1 from pg_roles where rolname = $1", [login]);
    if (rowCount === 0) await client.query(`create role ${name}`);
    await client.query(
      `alter role ${name} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password ${pg.escapeLiteral(password)}`,
    );
    await client.query(`grant ${APP_ROLE} to ${name}`);
  } catch (error) {
    if (!isForbidden(error)) throw asFailure(error);
    throw new Failure("forbidden", "this owner of the database may not make roles", {
      next: `Have a superuser run: create role ${APP_ROLE}; create role ${name} login password '…' in role ${APP_ROLE}; then npm run migrate again.`,
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
  const address = new URL(ownerUrl);
  address.username = login;
  address.password = encodeURIComponent(password);
  return address.href;
}
