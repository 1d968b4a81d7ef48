import { openAnchors } from "@rollcall/core/adapters/audit-anchors.ts";
import type { CountedAttempts } from "@rollcall/core/count-attempts.ts";
import { type AuditEntry, auditEntry } from "@rollcall/core/domain/audit.ts";
import type { Logger } from "pino";
import type { Adapters } from "./adapters.ts";
import type { ProtectionChange } from "./audit-protection.ts";
import type { ControlConfig } from "./config.ts";
import { watchFilesInForce } from "./files-in-force.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Loop, LoopOptions } from "./schedule/loop.ts";
import { withinTime } from "./schedule/within-time.ts";
import { version } from "./version.ts";

const HEAD_MS = 5_000;
// Whoever switches a trigger off is noticed well within a minute; one look is one statement on the catalogue.
const PROTECTION_MS = 30_000;
const FILES_MS = 2_000;
const ATTEMPTS_MS = 60_000;
/** An anchor for this many rows, or after this time if there is a new row at all. */
const ANCHOR_ROWS = 100;
const ANCHOR_MS = 60_000;

export interface AuditDeps {
  readonly config: ControlConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly adapters: Adapters;
  readonly attempts: CountedAttempts;
  readonly address: string;
}

/** The end is not held up by a database that is away. */
const END_WITHIN_MS = 3_000;

/** What goes on about the audit log while the service runs. */
export interface AuditWork {
  /** Writes down what is still kept, and that the service ends; the database must still be there. */
  stop(): Promise<void>;
}

/** Starts it, and writes down that the service has started. */
export async function startAuditWork(
  deps: AuditDeps & { readonly isLeader: () => boolean },
  loop: (options: LoopOptions) => Loop,
): Promise<AuditWork> {
  const { log, adapters, attempts, isLeader } = deps;
  const { directory, ports } = adapters;
  const { audit, registry } = ports;
  const anchor = await anchorKeeper(deps);
  await note(deps, "started");
  const loops = [
    loop({ name: "audit-protection", everyMs: PROTECTION_MS, run: () => writeDownProtection(deps) }),
    loop({ name: "audit-head", everyMs: HEAD_MS, run: () => readHead(deps, anchor) }),
    loop({ name: "audit-files", everyMs: FILES_MS, run: watchFilesInForce({ audit, directory, registry, isLeader }) }),
    loop({ name: "audit-attempts", everyMs: ATTEMPTS_MS, run: attempts.flush }),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((one) => one.stop()));
      const end = async () => {
        await attempts.flush();
        await note(deps, "stopped");
        await readHead(deps, anchor);
      };
      await withinTime(end(), END_WITHIN_MS).catch((error: unknown) => log.warn({ err: error }, "end not audited"));
    },
  };
}

/** A start or an end that cannot be written down is no reason not to start or to end. */
async function note({ log, adapters, address }: AuditDeps, action: "started" | "stopped"): Promise<void> {
  const entry: AuditEntry = auditEntry({ event: "lifecycle", actor: "rollcall", door: "host", action });
  await adapters.ports.audit
    .append({ ...entry, targets: ["control-service"], detail: { version, address } })
    .catch((error: unknown) => log.warn({ err: error, action }, "start or end could not be audited"));
}

type Looking = Pick<AuditDeps, "log" | "metrics" | "adapters">;

/** Looks whether the audit log is protected. @throws Failure "unavailable" */
export async function lookAtProtection({ log, metrics, adapters }: Looking): Promise<ProtectionChange> {
  const change = await adapters.database.protection.look();
  metrics.audit.protectionSeen(change.problems.length);
  if (change.problems.length > 0) log.error({ problems: change.problems }, "the audit log is not protected");
  else if (change.changed) log.info("the audit log is protected again");
  return change;
}

/** That the protection was gone stays known when it is back. */
async function writeDownProtection(deps: Looking): Promise<void> {
  const { problems, changed } = await lookAtProtection(deps);
  if (!changed) return;
  const action = problems.length > 0 ? "protection-lost" : "protection-restored";
  await deps.adapters.ports.audit.append(
    auditEntry({ event: "verify", actor: "rollcall", door: "host", action, detail: { problems } }),
  );
}

type Anchor = (head: { seq: number; hash: string }) => Promise<void>;

async function readHead({ metrics, adapters }: Looking, anchor: Anchor): Promise<void> {
  const [newest] = await adapters.ports.audit.search({ limit: 1 });
  if (newest === undefined) return;
  metrics.audit.headSeen(newest.seq);
  await anchor(newest);
}

async function anchorKeeper({ config, metrics, adapters }: AuditDeps): Promise<Anchor> {
  const directory = config.ROLLCALL_AUDIT_ANCHOR_DIR;
  if (directory === undefined) return async () => undefined;
  const keyFile = config.ROLLCALL_AUDIT_ANCHOR_KEY_FILE;
  const anchors = await openAnchors({ directory, keyFile, fleet: adapters.registry.fleet });
  let last = { seq: 0, at: 0 };
  return async ({ seq, hash }) => {
    const now = adapters.ports.clock.now();
    if (seq === last.seq || (Math.abs(seq - last.seq) < ANCHOR_ROWS && now - last.at < ANCHOR_MS)) return;
    await anchors.add({ seq, hash, at: new Date(now) });
    last = { seq, at: now };
    metrics.audit.anchored(last);
  };
}
