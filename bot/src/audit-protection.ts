import { checkProtection } from "@rollcall/core/adapters/postgres/audit-protection.ts";
import type { Queryable } from "@rollcall/core/adapters/postgres/pool.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { ApprovalRequests } from "@rollcall/core/ports/approval-requests.ts";
import type { CommandStore } from "@rollcall/core/ports/command-store.ts";

/** What the last look at the protection of the audit log found, and what follows from it. */
export interface AuditProtection {
  /** @throws Failure "unavailable"; what the look before found stays in force */
  look(): Promise<ProtectionChange>;
  /** Sentences; null before the first look. */
  problems(): readonly string[] | null;
  /** The same store; nothing is accepted while the log is not protected or was not looked at yet. */
  guard(store: CommandStore): CommandStore;
  /** The same requests; nothing is agreed to while the log is not protected or was not looked at yet. */
  guardRequests(requests: ApprovalRequests): ApprovalRequests;
}

export interface ProtectionChange {
  readonly problems: readonly string[];
  readonly changed: boolean;
}

/** Nothing that nobody could be held to is done: while rows could be changed unnoticed, no command is accepted. */
export function watchProtection(on: Queryable, check = checkProtection): AuditProtection {
  let problems: readonly string[] | null = null;
  const mustHold = (): void => {
    if (problems !== null && problems.length === 0) return;
    throw new Failure("unavailable", "the audit log is not protected from changes, so nothing is changed", {
      found: problems?.[0] ?? "it was not looked at yet",
      next: "Nothing was done. Looking is open. Runbook audit-unprotected.md says how it is mended.",
    });
  };
  return {
    problems: () => problems,
    async look() {
      const found = await check(on);
      const changed = found.join("\n") !== (problems ?? []).join("\n");
      problems = found;
      return { problems: found, changed };
    },
    guard: (store) => ({
      find: (key) => store.find(key),
      async accept(acceptance) {
        mustHold();
        return await store.accept(acceptance);
      },
    }),
    guardRequests: (requests) => ({
      ...requests,
      async settle(settlement) {
        mustHold();
        return await requests.settle(settlement);
      },
    }),
  };
}
