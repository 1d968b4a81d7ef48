import { auditEntry } from "./domain/audit.ts";
import type { Admission, Attempts, Refusal } from "./ports/attempts.ts";
import type { AuditLog } from "./ports/audit-log.ts";
import type { Clock } from "./ports/clock.ts";

/** Who comes again by the same door and credential within this time is the same session. */
const SESSION_MS = 3_600_000;
/** People times doors times credentials; beyond it the oldest is written down once more. */
const REMEMBERED = 10_000;
/** A sign-in that could not be written is tried again with a request after this time, not with each of thousands. */
const AGAIN_AFTER_MS = 10_000;
/** A row names this many of those who were turned away; a flood of made-up names fills neither row nor memory. */
const NAMED = 5;
const LONGEST_NAME = 100;

export interface AttemptsOptions {
  readonly audit: Pick<AuditLog, "append">;
  readonly clock: Clock;
  /** Told of each refusal at once, for a metric. */
  readonly onRefused?: (refusal: Pick<Refusal, "door" | "reason">) => void;
  /** Told when a row could not be written; it is tried again with the next flush. */
  readonly onProblem?: (problem: string, cause: unknown) => void;
}

/** Attempts that are kept until `flush` writes them down; whoever makes it calls that every minute and at the end. */
export interface CountedAttempts extends Attempts {
  /** One row for each kind, door and reason since the last time. Never throws. */
  flush(): Promise<void>;
}

interface Bulk {
  readonly refusal: Refusal;
  readonly since: number;
  until: number;
  count: number;
  readonly named: Set<string>;
}

/** Counts who came to a door, and writes it down in bounded room. */
export function countAttempts({ audit, clock, onRefused, onProblem }: AttemptsOptions): CountedAttempts {
  let refused = new Map<string, Bulk>();
  const seen = new Map<string, number>();
  return {
    admitted(admission) {
      const key = [admission.actor, admission.door, admission.identity].join("\n");
      const now = clock.now();
      const last = seen.get(key);
      if (last !== undefined && now - last < SESSION_MS) return;
      remember(seen, key, now);
      audit.append(admissionRow(admission)).catch((error: unknown) => {
        seen.set(key, now - SESSION_MS + AGAIN_AFTER_MS);
        onProblem?.("a sign-in could not be audited", error);
      });
    },
    refused(refusal) {
      onRefused?.(refusal);
      addTo(refused, refusal, clock.now());
    },
    async flush() {
      const due = refused;
      refused = new Map();
      try {
        for (const [key, bulk] of due) {
          await audit.append(refusalRow(bulk));
          due.delete(key);
        }
      } catch (error) {
        // The rest would wait as long, one by one.
        for (const [key, bulk] of due) keep(refused, key, bulk);
        onProblem?.("refused attempts could not be audited", error);
      }
    },
  };
}

function remember(seen: Map<string, number>, key: string, now: number): void {
  seen.delete(key);
  seen.set(key, now);
  const [oldest] = seen.keys();
  if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
}

function addTo(bulks: Map<string, Bulk>, refusal: Refusal, now: number): void {
  const key = [refusal.event, refusal.door, refusal.reason].join("\n");
  const bulk = bulks.get(key) ?? { refusal, since: now, until: now, count: 0, named: new Set<string>() };
  bulk.count += 1;
  bulk.until = now;
  const name = refusal.actor ?? refusal.identity;
  if (name !== undefined && bulk.named.size < NAMED) bulk.named.add(name.slice(0, LONGEST_NAME));
  bulks.set(key, bulk);
}

/** Joins what could not be written with what has come meanwhile. */
function keep(bulks: Map<string, Bulk>, key: string, old: Bulk): void {
  const later = bulks.get(key);
  if (later === undefined) {
    bulks.set(key, old);
    return;
  }
  const named = new Set([...old.named, ...later.named].slice(0, NAMED));
  bulks.set(key, { ...later, since: old.since, count: old.count + later.count, named });
}

const admissionRow = ({ actor, door, identity, requestId = null }: Admission) =>
  auditEntry({ event: "authentication", actor, door, identity, action: "signed-in", decision: "allowed", requestId });

function refusalRow({ refusal, since, until, count, named }: Bulk) {
  const { event, door, reason } = refusal;
  const [only] = named;
  return auditEntry({
    event,
    // One who was turned away is not known to be who they say, so a row of several names nobody as its author.
    actor: named.size === 1 && only !== undefined ? only : "unknown",
    door,
    action: "turned-away",
    decision: "refused",
    rule: reason,
    detail: { count, since: new Date(since).toISOString(), until: new Date(until).toISOString(), named: [...named] },
  });
}
