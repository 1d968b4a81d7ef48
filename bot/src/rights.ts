import { type AccessDirectory, openAccessFile } from "@rollcall/core/adapters/access-file.ts";
import { type GoogleDirectory, openGoogleDirectory } from "@rollcall/core/adapters/google/directory.ts";
import { readServiceAccount } from "@rollcall/core/adapters/google/service-account-key.ts";
import { createWorkspace } from "@rollcall/core/adapters/google/workspace.ts";
import { type LinkedDirectory, linkDirectory } from "@rollcall/core/adapters/linked-directory.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { createPolicyRules, type OpenPolicyRules } from "@rollcall/core/policy-rules.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { Workspace } from "@rollcall/core/ports/workspace.ts";
import type { ControlConfig } from "./config.ts";
import type { Database } from "./database.ts";
import { googleSourceOf } from "./google-settings.ts";
import { isLinkRequired } from "./sign-in-settings.ts";

/** Who may do what: people with their roles, and the rules that narrow or widen them. */
export interface Rights {
  readonly directory: LinkedDirectory;
  /** Where the roles are read from, if it is not access.yaml. */
  readonly google: { readonly workspace: Workspace; readonly directory: GoogleDirectory } | null;
  readonly rules: OpenPolicyRules;
  close(): void;
}

interface RightsDeps {
  readonly database: Pick<Database, "overrides" | "snapshots" | "apiTokens" | "slackLinks" | "sessions">;
  readonly clock: Clock;
  readonly tell: (problem: string, cause?: unknown) => void;
}

/** Opens both and keeps looking at them. @throws Failure "invalid_input" with all problems of access.yaml or of Google's settings */
export async function openRights(config: ControlConfig, deps: RightsDeps): Promise<Rights> {
  const { database, clock, tell } = deps;
  const file = await openAccessFile({ file: config.ROLLCALL_ACCESS_FILE, clock, onProblem: tell });
  const google = await openGoogle(config, { ...deps, doors: file });
  const directory = linkDirectory({
    people: google?.directory ?? file,
    stored: { tokens: database.apiTokens, links: database.slackLinks, sessions: database.sessions },
    isLinkRequired: isLinkRequired(config),
    clock,
    onProblem: tell,
  });
  const rules = createPolicyRules({
    standing: () => directory.standingRules(),
    overrides: database.overrides,
    clock,
    onProblem: tell,
  });
  directory.watch();
  rules.watch();
  return {
    directory,
    google,
    rules,
    close() {
      directory.close();
      rules.close();
    },
  };
}

async function openGoogle(
  config: ControlConfig,
  { database, clock, tell, doors }: RightsDeps & { doors: AccessDirectory },
): Promise<Rights["google"]> {
  const found = googleSourceOf(config);
  if ("problems" in found) throw new Failure("invalid_input", found.problems.join("; "));
  if (found.source === null) return null;
  const { key, ...source } = found.source;
  const workspace = createWorkspace({ ...source, ...readServiceAccount(key.reveal()) });
  const { groups } = source;
  const { snapshots } = database;
  return { workspace, directory: openGoogleDirectory({ workspace, snapshots, groups, doors, clock, onProblem: tell }) };
}
