import type { AccessDirectory } from "@rollcall/core/adapters/access-file.ts";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import type { StandingRules } from "@rollcall/core/policy-rules.ts";
import type { AuditLog } from "@rollcall/core/ports/audit-log.ts";
import type { Directory } from "@rollcall/core/ports/directory.ts";
import type { FleetRegistry } from "@rollcall/core/ports/fleet.ts";

interface FilesDeps {
  readonly audit: Pick<AuditLog, "append">;
  readonly directory: Pick<Directory, "source" | "withRole"> & Pick<AccessDirectory, "standingRules">;
  readonly registry: Pick<FleetRegistry, "expected">;
  /** One of several control services writes a change down; all of them follow the files. */
  readonly isLeader: () => boolean;
}

/** Most changed entries that a row quotes as they were and are; all are named. */
const QUOTED = 50;

type Entries = ReadonlyMap<string, unknown>;

/** Writes down what another version of fleet.yaml or access.yaml changed: who edits a file needs no door. */
export function watchFilesInForce({ audit, directory, registry, isLeader }: FilesDeps): () => Promise<void> {
  const known = new Map<string, Entries>();
  const compare = async (event: "access" | "policy" | "configuration", source: string, now: Entries): Promise<void> => {
    const part = `${event} of ${source}`;
    const before = known.get(part);
    const targets = before === undefined ? [] : changedBetween(before, now);
    if (before !== undefined && targets.length > 0 && isLeader()) {
      const quoted = targets.slice(0, QUOTED);
      const ofThose = (entries: Entries) => Object.fromEntries(quoted.map((id) => [id, entries.get(id) ?? null]));
      const change = { before: ofThose(before), after: ofThose(now), detail: { source } };
      await audit.append(
        auditEntry({ event, actor: "rollcall", door: "host", action: "file-taken", targets, ...change }),
      );
    }
    // Only now: what could not be written down is compared again.
    known.set(part, now);
  };
  let compared: unknown = null;
  return async () => {
    const fleet = await registry.expected();
    // The same object until something in it has changed.
    if (fleet !== compared) {
      const wanted = fleet.agents.map(({ desired: _, ...agent }) => [agent.id, agent] as const);
      await compare("configuration", "fleet.yaml", new Map(wanted));
      compared = fleet;
    }
    await compare("policy", "access.yaml", entriesOf(directory.standingRules()));
    // Another directory writes its own changes down.
    if (directory.source !== "access.yaml") return;
    const people = directory.withRole("viewer").map(({ id, name, role }) => [id, { name, role }] as const);
    await compare("access", "access.yaml", new Map(people));
  };
}

/** Each rule under a name that is stable while the rule is the same one. */
function entriesOf({ scopes, blocks, onCall = [], longestLiftHours }: StandingRules): Entries {
  return new Map<string, unknown>([
    ...scopes.map((scope) => [`scope ${scope.id}`, scope] as const),
    ...blocks.map((block) => [`block ${block.person}`, block] as const),
    ...onCall.map((time) => [`on call ${time.person} ${new Date(time.from).toISOString()}`, time] as const),
    ["longest lift", longestLiftHours ?? null],
  ]);
}

const changedBetween = (before: Entries, after: Entries): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter(
    (id) => JSON.stringify(before.get(id)) !== JSON.stringify(after.get(id)),
  );
