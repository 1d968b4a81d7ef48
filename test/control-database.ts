import { makeLogin } from "@rollcall/core/adapters/postgres/database-rights.ts";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";

/** Name of the login that a control service connects with to a database; roles belong to the whole server. */
export const controlLoginOf = (database: string): string => `control_${database}`;

/** Migrates a database as its owner. @returns its address for a control service, whose role can only append to the audit log */
export async function prepareForControl(ownerUrl: string): Promise<string> {
  await migrate({ url: ownerUrl });
  const login = controlLoginOf(new URL(ownerUrl).pathname.slice(1));
  return await makeLogin({ ownerUrl, login, password: "of a control service in a test" });
}
