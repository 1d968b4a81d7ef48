import type { OfferedPlan } from "./domain/plan.ts";
import { endedPlan, unknownPlan } from "./plan-refusals.ts";
import type { AuditEntry } from "./ports/audit-log.ts";
import type { Clock } from "./ports/clock.ts";
import type { Confirmation, Plans } from "./ports/plans.ts";

/** Plans in memory, by the rules of the port. */
export interface MemoryPlans extends Plans {
  /** By the hash of the token. */
  readonly rows: Map<string, OfferedPlan>;
  /** What was written down when plans were shown. */
  readonly audited: AuditEntry[];
  /** Uses one up, as what it becomes is stored. @throws Failure as the adapter does */
  use(confirmation: Confirmation, became: string): void;
}

export function memoryPlans(clock: Clock): MemoryPlans {
  const rows = new Map<string, OfferedPlan>();
  const audited: AuditEntry[] = [];
  const byId = (id: string) => [...rows].find(([, plan]) => plan.id === id);
  const put = (tokenHash: string, plan: OfferedPlan): OfferedPlan => {
    rows.set(tokenHash, plan);
    return plan;
  };
  return {
    rows,
    audited,
    async offer({ plan, hash, tokenHash, reason, expiresInSeconds, insteadOf }, audit) {
      audited.push(audit);
      const replaced = insteadOf === null ? undefined : byId(insteadOf);
      if (replaced !== undefined && replaced[1].state === "open")
        put(replaced[0], { ...replaced[1], state: "changed" });
      const now = clock.now();
      const times = { createdAt: now, expiresAt: now + expiresInSeconds * 1000 };
      const offered = { id: `plan-${rows.size + 1}`, plan, hash, actor: { id: plan.actor }, reason };
      return put(tokenHash, { ...offered, ...times, state: "open", became: null });
    },
    find: async (tokenHash) => rows.get(tokenHash) ?? null,
    use({ plan: id }, became) {
      const found = byId(id);
      if (found === undefined) throw unknownPlan();
      const [tokenHash, plan] = found;
      const ended = endedPlan(plan, plan.expiresAt <= clock.now());
      if (ended !== null) throw ended;
      put(tokenHash, { ...plan, state: "confirmed", became });
    },
  };
}
