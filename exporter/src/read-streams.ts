import { RefusedCommand, type ReplyCursor } from "@rollcall/core/adapters/redis/reply-cursor.ts";
import { INBOX_GROUP } from "@rollcall/core/protocol/keys.ts";
import type { GroupReading, StreamReading } from "./reading.ts";

type Stream = { -readonly [Key in keyof StreamReading]: StreamReading[Key] };
type Group = { -readonly [Key in keyof GroupReading]: GroupReading[Key] };
/** Fields of an answer that somebody wants, and how their values are taken. */
type Wanted<Found> = readonly {
  [Key in keyof Found]: readonly [name: Buffer, key: Key, take: (reply: ReplyCursor) => Found[Key]];
}[keyof Found][];

const takeCount = (reply: ReplyCursor): number => reply.takeNumber() ?? 0;

const OF_STREAM: Wanted<Stream> = [
  [Buffer.from("length"), "entries", takeCount],
  [Buffer.from("entries-added"), "added", takeCount],
  [Buffer.from("first-entry"), "firstId", (reply) => takeEntryId(reply)],
  [Buffer.from("last-entry"), "lastId", (reply) => takeEntryId(reply)],
];
const OF_GROUP: Wanted<Group> = [
  [Buffer.from("name"), "name", (reply) => reply.takeText() ?? ""],
  [Buffer.from("pending"), "pending", takeCount],
  [Buffer.from("last-delivered-id"), "lastDelivered", (reply) => reply.takeText() ?? "0-0"],
  [Buffer.from("lag"), "lag", (reply) => reply.takeNumber()],
];

/** What Redis tells of a stream, for whoever reads its entries. */
export interface StreamFacts extends Pick<StreamReading, "added" | "entries" | "firstId"> {
  /** Id of the entry that was added last, also if it is there no more. */
  readonly lastGenerated: string;
}
type Facts = { -readonly [Key in keyof StreamFacts]: StreamFacts[Key] };
const OF_FACTS: Wanted<Facts> = [
  [Buffer.from("length"), "entries", takeCount],
  [Buffer.from("entries-added"), "added", takeCount],
  [Buffer.from("first-entry"), "firstId", (reply) => takeEntryId(reply)],
  [Buffer.from("last-generated-id"), "lastGenerated", (reply) => reply.takeText() ?? "0-0"],
];

/** Takes the answer to XINFO STREAM. @returns null if there is no such stream @throws RefusedCommand */
export function takeStreamFacts(reply: ReplyCursor): StreamFacts | null {
  const refused = reply.takeError();
  if (refused === null)
    return takeFields(reply, OF_FACTS, { entries: 0, added: 0, firstId: null, lastGenerated: "0-0" });
  if (isMissing(refused)) return null;
  throw new RefusedCommand(refused);
}

const noStream = (): Stream => ({ entries: 0, added: 0, firstId: null, lastId: null, groups: NONE });
const NONE: readonly GroupReading[] = [];

/** Takes the answer to XINFO STREAM, which tells no groups. @returns null if the key is not to be read, or is no stream */
export function takeStream(reply: ReplyCursor): Stream | null {
  const refused = reply.takeError();
  if (refused !== null) return isMissing(refused) ? noStream() : null;
  return takeFields(reply, OF_STREAM, noStream());
}

/** Takes the answer to XINFO GROUPS. @returns null if the key is not to be read, or is no stream; none if there is none */
export function takeGroups(reply: ReplyCursor): GroupReading[] | null {
  const refused = reply.takeError();
  if (refused !== null) return isMissing(refused) ? [] : null;
  const groups: GroupReading[] = [];
  for (let left = reply.takeArray() ?? 0; left > 0; left -= 1) groups.push(takeGroup(reply));
  return groups;
}

const OF_CONSUMER: Wanted<{ idleMs: number }> = [[Buffer.from("idle"), "idleMs", takeCount]];

/** Takes the answer to XINFO CONSUMERS. @returns how long ago one of them asked last, ms; null if there is none */
export function takeLeastIdle(reply: ReplyCursor): number | null {
  if (reply.takeError() !== null) return null;
  let least: number | null = null;
  for (let left = reply.takeArray() ?? 0; left > 0; left -= 1) {
    const { idleMs } = takeFields(reply, OF_CONSUMER, { idleMs: 0 });
    least = Math.min(least ?? idleMs, idleMs);
  }
  return least;
}

/** Takes the groups of an inbox. @returns the one that its agent reads with; null if there is none */
export const takeInbox = (reply: ReplyCursor): GroupReading | null =>
  takeGroups(reply)?.find(({ name }) => name === INBOX_GROUP) ?? null;

/** Takes the answer to HGETALL. @returns null if the key is not to be read, or is no hash */
export function takeHash(reply: ReplyCursor): Readonly<Record<string, string>> | null {
  if (reply.takeError() !== null) return null;
  let left = reply.takeArray() ?? 0;
  if (left === 0) return EMPTY;
  const hash: Record<string, string> = {};
  for (; left > 0; left -= 2) hash[reply.takeText() ?? ""] = reply.takeText() ?? "";
  return hash;
}

const takeGroup = (reply: ReplyCursor): GroupReading =>
  takeFields(reply, OF_GROUP, { name: "", lag: null, pending: 0, lastDelivered: "0-0" });

function takeFields<Found>(reply: ReplyCursor, wanted: Wanted<Found>, found: Found): Found {
  for (let left = reply.takeArray() ?? 0; left > 0; left -= 2) {
    const field = wanted.find(([name]) => reply.takeIf(name));
    if (field === undefined) skipField(reply);
    else found[field[1]] = field[2](reply);
  }
  return found;
}

const EMPTY: Readonly<Record<string, string>> = {};

/** An entry is its id and its fields; of the fields nothing is kept. */
function takeEntryId(reply: ReplyCursor): string | null {
  const parts = reply.takeArray();
  if (parts === null) return null;
  const id = reply.takeText();
  for (let rest = 1; rest < parts; rest += 1) reply.skip();
  return id;
}

function skipField(reply: ReplyCursor): void {
  reply.skip();
  reply.skip();
}

const isMissing = (refused: string): boolean => /no such key/.test(refused);
