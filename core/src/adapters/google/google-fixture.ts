import { ADMIN, openTestAccount, SERVICE_ACCOUNT, type TestAccount } from "@rollcall/local/google/test-account.ts";
import type { RoleGroups } from "../../domain/workspace.ts";
import type { Workspace } from "../../ports/workspace.ts";
import { createWorkspace, type WorkspaceOptions } from "./workspace.ts";

export const GROUPS: RoleGroups = {
  viewer: "fleet-viewers@example.test",
  operator: "fleet-operators@example.test",
  admin: "fleet-admins@example.test",
};

export interface GoogleStage extends TestAccount {
  /** A reader of the stand-in's account. */
  workspace(more?: Partial<WorkspaceOptions>): Workspace;
}

/** A stand-in of Google, and readers of it. */
export async function openGoogleStage(): Promise<GoogleStage> {
  const account = await openTestAccount();
  const access = {
    email: SERVICE_ACCOUNT,
    privateKey: account.privateKey,
    administrator: ADMIN,
    apiUrl: `${account.google.url}/`,
  };
  return {
    ...account,
    workspace: (more = {}) => createWorkspace({ ...access, groups: GROUPS, foreignDomains: [], ...more }),
  };
}
