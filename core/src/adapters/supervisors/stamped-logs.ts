import { z } from "zod";
import { type Failure, isFailure } from "../../domain/failure.ts";
import type { RuntimeLogPiece } from "../../ports/runtime.ts";

/** A line with the time that the runtime took it at. */
export interface StampedLine {
  /** Nanoseconds since the epoch, 19 digits. */
  readonly stamp: string;
  readonly text: string;
  readonly isError: boolean;
}

/** A place in the log of one program: how many lines of the newest time were read. */
const placeSchema = z.strictObject({
  stamp: z.string(),
  count: z.number(),
  /** How often its container was restarted, where the runtime counts it. */
  restarts: z.number().optional(),
  /** It was said already that its log cannot be read. */
  isTold: z.boolean().optional(),
});
export type StampPlace = z.infer<typeof placeSchema>;
const cursorSchema = z.record(z.string(), placeSchema);

/** What was read of the log of one program, the oldest first. */
export interface StampedRead {
  readonly lines: readonly StampedLine[];
  /** It was longer. */
  readonly isCut: boolean;
  readonly restarts?: number;
}

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z ?/;

/** `2026-11-30T02:31:17.236000001Z text`, RFC 3339 in UTC; zeros at its end may be left out. Null if it has no such time. */
export function readStamped(line: string, isError: boolean): StampedLine | null {
  const [head, seconds, fraction = ""] = STAMP.exec(line) ?? [];
  if (head === undefined) return null;
  const at = Date.parse(`${seconds}Z`) / 1000;
  return { stamp: `${String(at).padStart(10, "0")}${fraction.padEnd(9, "0")}`, text: line.slice(head.length), isError };
}

const IN_PARALLEL = 8;
const MOST_LINES = 2_000;

type ReadOne = (name: string, place: StampPlace | null) => Promise<StampedRead | null>;

/**
 * Reads the logs of programs one by one, of which each has a place of its own and its share of the lines. One that cannot be read
 * is told by a line of its own, once; the others go on.
 * @throws Failure of the first if none can be read
 */
export async function readEach(
  names: readonly string[],
  cursor: string | null,
  read: ReadOne,
): Promise<RuntimeLogPiece> {
  const places = placesOf(cursor);
  const share = Math.max(1, Math.floor(MOST_LINES / Math.max(1, names.length)));
  const found: One[] = [];
  for (let from = 0; from < names.length; from += IN_PARALLEL) {
    const some = names.slice(from, from + IN_PARALLEL);
    const reading = some.map((name) => readOne({ name, place: places.get(name) ?? null, share }, read));
    found.push(...(await Promise.all(reading)));
  }
  const [first] = found;
  if (first?.failure !== null && first !== undefined && found.every(({ failure }) => failure !== null))
    throw first.failure;
  const next = found.flatMap(({ name, place }): [string, StampPlace][] => (place === null ? [] : [[name, place]]));
  return {
    lines: found.flatMap(({ name, lines }) => lines.map((line) => withName(name, line))),
    ...{ cursor: JSON.stringify(Object.fromEntries(next)), hasMore: found.some(({ isCut }) => isCut), lostBytes: 0 },
  };
}

const withName = (name: string, { stamp, text, isError }: StampedLine) => ({
  ...{ name, text, isError },
  at: stamp === "" ? null : Number(stamp.slice(0, -6)),
});

interface One {
  readonly name: string;
  readonly place: StampPlace | null;
  readonly lines: readonly StampedLine[];
  readonly isCut: boolean;
  readonly failure: Failure | null;
}

async function readOne(
  { name, place, share }: Pick<One, "name" | "place"> & { share: number },
  read: ReadOne,
): Promise<One> {
  try {
    const found = await read(name, place);
    if (found === null) return { name, place, lines: [], isCut: false, failure: null };
    const taken = takeNew(found, { place, share });
    return { name, ...taken, isCut: found.isCut || taken.isCut, failure: null };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const told: StampedLine = { stamp: "", text: `WARN its log cannot be read: ${error.message}`, isError: false };
    const kept = { ...(place ?? NOWHERE), isTold: true };
    return { name, place: kept, lines: place?.isTold ? [] : [told], isCut: false, failure: error };
  }
}

const NOWHERE: StampPlace = { stamp: "0".repeat(19), count: 0 };

/** What is behind a place: lines of its very time were read up to its count. */
function takeNew(
  { lines, restarts }: StampedRead,
  { place, share }: { place: StampPlace | null; share: number },
): Pick<One, "lines" | "place" | "isCut"> {
  const { stamp: last, count: read } = place ?? NOWHERE;
  let seen = read;
  const fresh = lines.filter(({ stamp }) => {
    if (stamp !== last) return stamp > last;
    seen -= 1;
    return seen < 0;
  });
  const kept = fresh.slice(0, share);
  const stamp = kept.at(-1)?.stamp ?? last;
  const here = kept.filter((line) => line.stamp === stamp).length;
  const count = stamp === last ? read + here : here;
  const next = { stamp, count, ...(restarts !== undefined && { restarts }) };
  return { lines: kept, place: next, isCut: fresh.length > share };
}

function placesOf(cursor: string | null): Map<string, StampPlace> {
  try {
    return new Map(Object.entries(cursorSchema.parse(JSON.parse(cursor ?? "{}"))));
  } catch {
    return new Map();
  }
}
