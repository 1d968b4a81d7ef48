import { type AccessDirectory, openAccessFile } from "@rollcall/core/adapters/access-file.ts";
import { createPolicyRules, type OpenPolicyRules } from "@rollcall/core/policy-rules.ts";
import type { AccessOverrides } from "@rollcall/core/ports/access-overrides.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { ControlConfig } from "./config.ts";

/** Who may do what: people with their roles, and the rules that narrow or widen them. */
export interface Rights {
  readonly directory: AccessDirectory;
  readonly rules: OpenPolicyRules;
  close(): void;
}

interface RightsDeps {
  readonly overrides: AccessOverrides;
  readonly clock: Clock;
  readonly tell: (problem: string, cause?: unknown) => void;
}

/** Opens both and keeps looking at them. @throws Failure "invalid_input" with all problems of access.yaml */
export async function openRights(config: ControlConfig, { overrides, clock, tell }: RightsDeps): Promise<Rights> {
  const directory = await openAccessFile({ file: config.ROLLCALL_ACCESS_FILE, clock, onProblem: tell });
  const rules = createPolicyRules({
    standing: () => directory.standingRules(),
    overrides,
    clock,
    onProblem: tell,
  });
  directory.watch();
  rules.watch();
  return {
    directory,
    rules,
    close() {
      directory.close();
      rules.close();
    },
  };
}
