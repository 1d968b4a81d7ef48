import type { AuditEntry } from "./domain/audit.ts";
import type { AccessOverrides } from "./ports/access-overrides.ts";
import type { Clock } from "./ports/clock.ts";
import type { Block, Lift } from "./ports/policy-rules.ts";

/** Blocks and lifts in memory, by the rules of the port; `audit` holds the rows of their changes. */
export function memoryOverrides(clock: Clock): AccessOverrides & { readonly audit: AuditEntry[] } {
  let blocks: Block[] = [];
  let lifts: Lift[] = [];
  const audit: AuditEntry[] = [];
  const others = <One extends { person: string }>(all: readonly One[], person: string): One[] =>
    all.filter((one) => one.person !== person);
  return {
    audit,
    open: async () => ({ blocks, lifts: lifts.filter(({ until }) => until > clock.now()) }),
    async block(block, entry) {
      blocks = [...others(blocks, block.person), { ...block, since: clock.now() }];
      audit.push(entry);
    },
    async lift(lift, entry) {
      lifts = [...others(lifts, lift.person), { ...lift, since: clock.now() }];
      audit.push(entry);
    },
    async end({ kind, person }, entry) {
      const before = blocks.length + lifts.length;
      if (kind === "block") blocks = others(blocks, person);
      else lifts = others(lifts, person);
      if (blocks.length + lifts.length === before) return false;
      audit.push(entry);
      return true;
    },
  };
}
