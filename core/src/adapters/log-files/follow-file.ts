import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { firstBytes, type Place, samePlace } from "./place.ts";
import { takeLines } from "./take-lines.ts";

/** What may be read of one file at once. */
export interface Budget {
  readonly lines: number;
  /** More than the longest line. */
  readonly bytes: number;
}

/** What was read of one file. */
export interface FilePiece {
  readonly texts: readonly string[];
  /** Where to go on; null: there is no such file any more. */
  readonly place: Place | null;
  readonly bytes: number;
  readonly hasMore: boolean;
  readonly lostBytes: number;
}

/**
 * What was written to a file after a place, also where the file was turned over meanwhile: `<file>.1` is read to its end first.
 * @param place null: from the beginning of what is there, `<file>.1` included
 */
export async function followFile(
  path: string,
  place: Place | null,
  at: { budget: Budget; now: number },
): Promise<FilePiece> {
  const current = await openRegular(path);
  try {
    if (current !== null && place !== null && (await samePlace(current, place))) {
      return await readOn(current, { place, isOver: false, ...at });
    }
    const older = await openRegular(`${path}.1`);
    try {
      return await readAcross({ current, older, place, ...at });
    } finally {
      await older?.handle.close();
    }
  } finally {
    await current?.handle.close();
  }
}

/** A file that is open. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

// Nothing, a link, a pipe: what others may have put in the place of a file.
const GONE = new Set(["ENOENT", "ELOOP", "ENOTDIR", "ENXIO"]);

/** Neither follows a link nor waits for a pipe. @returns null if it is not there */
async function openRegular(path: string): Promise<OpenFile | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (GONE.has(error.code ?? "")) return null;
      throw error;
    },
  );
  if (handle === null) return null;
  const { ino, size, mtimeMs, ...stats } = await handle.stat();
  if ((stats.mode & constants.S_IFMT) === constants.S_IFREG)
    return { handle, inode: ino, size, writtenAt: Math.floor(mtimeMs) };
  await handle.close();
  return null;
}

interface Across {
  readonly current: OpenFile | null;
  readonly older: OpenFile | null;
  readonly place: Place | null;
  readonly budget: Budget;
  readonly now: number;
}

const NOTHING: FilePiece = { texts: [], place: null, bytes: 0, hasMore: false, lostBytes: 0 };

async function readAcross({ current, older, place, budget, now }: Across): Promise<FilePiece> {
  const { from, lostBytes } = await beginningIn(older, place, current?.inode ?? null);
  // Nothing of it is read where it was read before; there may be nothing left at all.
  const kept: FilePiece = { ...NOTHING, place: older === null ? null : place };
  const first =
    older === null || from === null ? kept : await readOn(older, { place: from, isOver: true, budget, now });
  // Between turning over and the first line after it there is no current one.
  if (first.hasMore || current === null) return { ...first, lostBytes };
  const start = beginningOf(current);
  const lines = budget.lines - first.texts.length;
  if (lines < 1 || first.bytes > budget.bytes / 2)
    return { ...first, place: start, hasMore: current.size > 0, lostBytes };
  const second = await readOn(current, { place: start, isOver: false, budget: { ...budget, lines }, now });
  return { ...second, texts: [...first.texts, ...second.texts], bytes: first.bytes + second.bytes, lostBytes };
}

const beginningOf = ({ inode, writtenAt }: OpenFile): Place => ({
  ...{ inode, offset: 0, writtenAt, mark: 0 },
  isSkipping: false,
});

/** Where to begin in the file that was turned over; `from` null: it was read before, or never ours. */
async function beginningIn(older: OpenFile | null, place: Place | null, inode: number | null) {
  if (older === null) return { from: null, lostBytes: 0 };
  if (place === null) return { from: beginningOf(older), lostBytes: 0 };
  // Renamed it keeps its inode; copied and cut to nothing, the file in front keeps it.
  if (await samePlace(older, { ...place, inode: inode === place.inode ? older.inode : place.inode })) {
    return { from: { ...place, inode: older.inode }, lostBytes: 0 };
  }
  if (older.writtenAt <= place.writtenAt) return { from: null, lostBytes: 0 };
  // Turned over more than once: what was left of the one before is gone. Files are turned over when they are about as long as
  // this one, so that tells how much it was.
  return { from: beginningOf(older), lostBytes: Math.max(1, older.size - place.offset) };
}

interface Reading {
  readonly place: Place;
  /** Nothing is written to it any more. */
  readonly isOver: boolean;
  readonly budget: Budget;
  readonly now: number;
}

async function readOn(file: OpenFile, { place, isOver, budget, now }: Reading): Promise<FilePiece> {
  const wanted = Math.min(budget.bytes, file.size - place.offset);
  const bytes = await readAt(file.handle, place.offset, wanted);
  const isEnd = place.offset + bytes.byteLength >= file.size;
  const quietMs = isOver ? Number.POSITIVE_INFINITY : now - file.writtenAt;
  const taken = takeLines(bytes, { mostLines: budget.lines, isSkipping: place.isSkipping, isEnd, quietMs });
  const offset = place.offset + taken.bytes;
  return {
    texts: taken.texts,
    place: {
      ...{ inode: file.inode, offset, writtenAt: file.writtenAt, isSkipping: taken.isSkipping },
      mark: await firstBytes(file, offset),
    },
    bytes: taken.bytes,
    hasMore: taken.hasMore,
    lostBytes: 0,
  };
}

async function readAt(handle: FileHandle, position: number, wanted: number): Promise<Buffer> {
  if (wanted <= 0) return Buffer.alloc(0);
  const buffer = Buffer.allocUnsafe(wanted);
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await handle.read(buffer, filled, wanted - filled, position + filled);
    // Cut to nothing meanwhile.
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
