import { WORKSPACE_PROBLEMS } from "@rollcall/core/ports/workspace.ts";
import { createDirectorySync, type DirectorySync } from "@rollcall/core/sync-directory.ts";
import type { Logger } from "pino";
import type { Adapters } from "../adapters.ts";
import type { Metrics } from "../metrics/metrics.ts";

interface Deps {
  readonly adapters: Pick<Adapters, "google" | "database" | "directory">;
  readonly metrics: Pick<Metrics, "directory">;
  readonly log: Pick<Logger, "info" | "warn">;
}

/** Lets metrics see the directory. @returns what the leader calls every few seconds; null where nobody needs to read it */
export function startDirectory({ adapters, metrics, log }: Deps): DirectorySync | null {
  const { google, database, directory } = adapters;
  metrics.directory.watch({
    trust: () => directory.trust(),
    withRole: (role) => directory.withRole(role),
    problem: () => google?.directory.state()?.attempt?.problem ?? null,
  });
  if (google === null) return null;
  let wasGood: boolean | null = null;
  return createDirectorySync({
    workspace: google.workspace,
    snapshots: database.snapshots,
    onOutcome: (outcome, words) => {
      const problem = WORKSPACE_PROBLEMS.find((one) => one === outcome);
      if (problem !== undefined) metrics.directory.failed(problem);
      const isGood = problem === undefined && outcome !== "held";
      // What lasts is said once; metrics tell how long.
      if (outcome !== "new" && isGood === wasGood) return;
      wasGood = isGood;
      if (isGood) log.info({ outcome, found: words }, "the directory was read");
      else log.warn({ outcome, found: words }, "the directory gave no list that can be in force");
    },
  });
}
