/** At most this many agents are worked on side by side … */
const MOST_PER_BATCH = 3;
/** … and at most this share of the fleet, whichever is less, but one at least. */
const LARGEST_BATCH_SHARE = 0.2;

/** One agent of the fleet, as far as the order of the work depends on it. */
export interface Member {
  readonly id: string;
  readonly group: string;
  readonly parent: string | null;
  readonly criticality: "P0" | "P1" | "P2" | "P3";
  /** Whether it works now: a sick agent is no capacity that could be taken away. */
  readonly isWorking: boolean;
}

/** What is to be divided. */
export interface BatchQuestion {
  /** Ids of agents of the fleet; each is worked on once. */
  readonly targets: readonly string[];
  readonly fleet: readonly Member[];
  /** Least number of agents that have to work, by group; half of the group, rounded down, if nothing is said. */
  readonly minimums?: Readonly<Record<string, number>>;
}

/**
 * Divides many agents into batches that are worked on one after another, the agents of one side by side: at most three or a
 * fifth of the fleet; who others stand under comes after all of them, what matters least comes first, and no batch takes a
 * group below its minimum, except by the one agent without which nothing could be done (`groupsBelow` names it).
 * The same question has the same answer.
 * @returns ids; every target is in exactly one batch, and no batch is empty
 */
export function batchesOf(question: BatchQuestion): string[][] {
  const { fleet } = question;
  const wanted = new Set(question.targets);
  const targets = fleet.filter(({ id }) => wanted.has(id));
  const size = batchSize(fleet.length);
  const spare = spareByGroup(question);
  const heights = heightsOf(fleet);
  const levels = Map.groupBy(targets.toSorted(bySafety), ({ id }) => heights.get(id) ?? 0);
  const inOrder = [...levels].toSorted(([one], [other]) => one - other);
  return inOrder.flatMap(([, level]) => divide(level, { size, spare }));
}

/** Groups with fewer working agents than their minimum while this batch is worked on. */
export function groupsBelow(batch: readonly string[], question: Omit<BatchQuestion, "targets">): string[] {
  const taken = new Set(batch);
  const interrupted = question.fleet.filter(({ id, isWorking }) => isWorking && taken.has(id));
  const spare = spareByGroup(question);
  const byGroup = Map.groupBy(interrupted, ({ group }) => group);
  return [...byGroup].flatMap(([group, members]) => (members.length > (spare.get(group) ?? 0) ? [group] : []));
}

/** Agents that may be worked on side by side in a fleet of this many. */
export const batchSize = (fleetSize: number): number =>
  Math.max(1, Math.min(MOST_PER_BATCH, Math.floor(fleetSize * LARGEST_BATCH_SHARE)));

/** Working agents that each group can do without; may be negative where it has too few already. */
function spareByGroup({ fleet, minimums = {} }: Omit<BatchQuestion, "targets">): Map<string, number> {
  const groups = Map.groupBy(fleet, ({ group }) => group);
  return new Map(
    [...groups].map(([group, members]) => {
      const minimum = Object.hasOwn(minimums, group) ? (minimums[group] ?? 0) : Math.floor(members.length / 2);
      return [group, members.filter(({ isWorking }) => isWorking).length - minimum];
    }),
  );
}

/** 0: nobody stands under it; otherwise one more than the highest of those who do. */
function heightsOf(fleet: readonly Member[]): Map<string, number> {
  const parents = new Map(fleet.map(({ id, parent }) => [id, parent]));
  const heights = new Map(fleet.map(({ id }) => [id, 0]));
  for (const { id } of fleet) {
    // A file with a circle is refused before it is compiled; the bound holds for what was compiled elsewhere.
    let above = parents.get(id) ?? null;
    for (let height = 1; above !== null && height <= fleet.length; height += 1) {
      heights.set(above, Math.max(heights.get(above) ?? 0, height));
      above = parents.get(above) ?? null;
    }
  }
  return heights;
}

/** Sick agents first, as nothing is lost by them; then those whose failure hurts least. */
function bySafety(one: Member, other: Member): number {
  if (one.isWorking !== other.isWorking) return one.isWorking ? 1 : -1;
  return other.criticality.localeCompare(one.criticality);
}

interface Room {
  readonly size: number;
  readonly spare: ReadonlyMap<string, number>;
}

function divide(level: readonly Member[], room: Room): string[][] {
  const batches: Member[][] = [];
  for (const member of level) {
    const fitting = batches.find((batch) => hasRoom(batch, member, room));
    if (fitting === undefined) batches.push([member]);
    else fitting.push(member);
  }
  return batches.map((batch) => batch.map(({ id }) => id));
}

function hasRoom(batch: readonly Member[], { group, isWorking }: Member, { size, spare }: Room): boolean {
  if (batch.length >= size) return false;
  const interrupted = batch.filter((other) => other.isWorking && other.group === group).length;
  return !isWorking || interrupted < Math.max(1, spare.get(group) ?? 0);
}
