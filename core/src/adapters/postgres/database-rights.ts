import type pg from "pg";

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
