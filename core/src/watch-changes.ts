import type { Ports } from "./command.ts";
import { counted } from "./fleet-words.ts";
import type { SeenAgent, SeenChange } from "./ports/changes.ts";
import type { Presence } from "./ports/fleet.ts";
import type { ExpectedAgent } from "./protocol.ts";

type Watched = Pick<Ports, "registry" | "bus"> & Required<Pick<Ports, "changes">>;

/** Compares the fleet with what was seen of it last, and writes down what changed. @throws Failure "unavailable" */
export async function watchChanges({ registry, bus, changes }: Watched): Promise<void> {
  const { agents } = await registry.expected();
  const [seen, presence, now] = await Promise.all([
    changes.seen(),
    bus.readPresence(agents.map(({ id }) => id)),
    bus.now(),
  ]);
  await changes.see(compareFleet(seen, agents, presence), now);
}

/**
 * What is not as it was. Of a fleet that was never seen nothing is new.
 * @param presence by agent; who has no heartbeat that can be believed is as it was
 */
export function compareFleet(
  seen: readonly SeenAgent[],
  agents: readonly ExpectedAgent[],
  presence: ReadonlyMap<string, Pick<Presence, "beat">>,
): SeenChange[] {
  const before = new Map(seen.map((one) => [one.agent, one]));
  const expected = new Set(agents.map(({ id }) => id));
  const isFirst = seen.length === 0;
  const present = agents.flatMap((agent) => {
    const known = before.get(agent.id) ?? null;
    const after = lookAt(agent, known, presence.get(agent.id)?.beat ?? null);
    if (known !== null && isSame(known, after)) return [];
    return [{ before: known, after, tell: isFirst ? null : tellingOf(known, after) }];
  });
  const gone = seen.filter(({ agent, declared }) => !expected.has(agent) && declared !== null);
  return [
    ...present,
    ...gone.map((one): SeenChange => {
      return { before: one, after: { ...one, declared: null }, tell: { kind: "fleet", what: "no longer expected" } };
    }),
  ];
}

function lookAt(
  { desired: _, ...declaration }: ExpectedAgent,
  known: SeenAgent | null,
  beat: Presence["beat"],
): SeenAgent {
  // The beat of a process that a newer one has taken the place of is no step back.
  const isNewer = beat !== null && beat.epoch >= (known?.epoch ?? 0);
  return {
    agent: declaration.id,
    version: isNewer ? beat.version : (known?.version ?? null),
    epoch: isNewer ? beat.epoch : (known?.epoch ?? null),
    declared: JSON.stringify(declaration),
  };
}

const isSame = (one: SeenAgent, other: SeenAgent): boolean =>
  one.version === other.version && one.epoch === other.epoch && one.declared === other.declared;

/** Of several changes at once the one that explains most: another program, another declaration, another process. */
function tellingOf(before: SeenAgent | null, after: SeenAgent): SeenChange["tell"] {
  if (before === null || before.declared === null) return { kind: "fleet", what: "newly expected" };
  if (before.version !== null && after.version !== before.version)
    return { kind: "version", what: `${before.version} → ${after.version}` };
  const fields = after.declared === before.declared ? [] : changedFields(before.declared, after.declared);
  if (fields.length > 0) return { kind: "fleet", what: fieldsWords(fields) };
  if (after.epoch === before.epoch) return null;
  // Seen for the first time is no start anew.
  return before.epoch === null ? null : { kind: "start", what: "started anew, not by Rollcall" };
}

const MOST_FIELDS = 4;

/** "declared differently: consumes, normalSeconds" */
function fieldsWords(names: readonly string[]): string {
  const shown = names.slice(0, MOST_FIELDS).join(", ");
  const rest = names.length - MOST_FIELDS;
  return `declared differently: ${shown}${rest > 0 ? ` and ${counted(rest, "more field")}` : ""}`;
}

/** Another version of ours may write the same in another order: that is no change. */
function changedFields(before: string, after: string | null): string[] {
  const [one, other] = [fieldsOf(before), fieldsOf(after ?? "{}")];
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.get(name) !== other.get(name)).toSorted();
}

const fieldsOf = (declared: string): Map<string, string> =>
  new Map(
    Object.entries(JSON.parse(declared) as Record<string, unknown>).map(([name, value]) => [
      name,
      JSON.stringify(value),
    ]),
  );
