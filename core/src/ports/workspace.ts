import type { WorkspacePerson, WorkspaceReading } from "../domain/workspace.ts";

/**
 * Why the directory did not say: `quota` and `away` pass by themselves, `config` does not. Each means "unknown", never "removed".
 * Carried by a Failure as `rule`: `directory-quota`.
 */
export const WORKSPACE_PROBLEMS = ["quota", "away", "config"] as const;
export type WorkspaceProblem = (typeof WORKSPACE_PROBLEMS)[number];

/** The directory of a company: groups, who is in them, and whether they are still with the company. */
export interface Workspace {
  /**
   * Everybody in the groups of the roles, nested groups included.
   * @throws Failure "unavailable" with a WorkspaceProblem if anything of it could not be read
   */
  read(): Promise<WorkspaceReading>;
  /**
   * Asks whether a person is in one of these groups now, and not suspended; within 5 s.
   * @returns false if not @throws Failure "unavailable" with a WorkspaceProblem if the directory does not say
   */
  isIn(person: Pick<WorkspacePerson, "id" | "isExternal">, groups: readonly string[]): Promise<boolean>;
}
