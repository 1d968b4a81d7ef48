import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { LogPiece, LogSource, RawLogLine } from "../../ports/log-source.ts";
import { type Budget, type FilePiece, followFile } from "./follow-file.ts";
import { type Place, readPlace, writePlace } from "./place.ts";
import { MOST_LINE_BYTES } from "./take-lines.ts";

/** A file that an agent or a service writes to. */
export interface LogFile {
  /** Short, and stays the same: its place is remembered by it. */
  readonly key: string;
  readonly path: string;
  readonly source: string;
  readonly kind: RawLogLine["kind"];
  readonly isError: boolean;
}

const MOST_LINES = 2_000;
const MOST_BYTES = 2 * 1024 * 1024;
// Cursors have 64 KB at most; a place takes up to 38 bytes beside the file's name.
const MOST_CURSOR_BYTES = 60_000;
const PLACE_BYTES = 38;
/** Each file that has something gets at least this much of a read, however many there are. */
const LEAST_LINES = 20;
// While a file is turned over there is only the older one for a moment.
const NAME = /^([\w.@-]{1,100}?)\.log(?:\.1)?$/;

/**
 * All files `<source>.log` of a folder, over rotation to `<source>.log.1`, truncation, deletion and new ones. Of several thousand
 * files the first ones by name are read, which is told once.
 */
export function followLogFiles(options: {
  readonly name: string;
  readonly kind: RawLogLine["kind"];
  readonly folder: string;
  readonly onProblem: (problem: string) => void;
}): LogSource {
  return {
    name: options.name,
    async read(cursor) {
      const sources = await listSources(options.folder);
      const files = sources.map(
        (source): LogFile => ({
          ...{ key: source, source, kind: options.kind, isError: false },
          path: join(options.folder, `${source}.log`),
        }),
      );
      return readLogFiles(files, { cursor, onProblem: options.onProblem });
    },
  };
}

async function listSources(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new Failure("unavailable", `the folder of logs ${folder} cannot be read`, { cause });
  });
  return [...new Set(names.flatMap((name) => NAME.exec(name)?.[1] ?? []))].toSorted();
}

interface Options {
  readonly cursor: string | null;
  readonly onProblem: (problem: string) => void;
  readonly now?: number;
}

/** What came to these files since the place; the files take turns, so that none waits for one that is written to without end. */
export async function readLogFiles(
  files: readonly LogFile[],
  { cursor, onProblem, now = Date.now() }: Options,
): Promise<LogPiece> {
  const { places, next } = parseCursor(cursor);
  const followed = withinCursor(files);
  if (followed.length < files.length)
    onProblem(`logs of ${files.length - followed.length} files are not read: too many`);
  const changed = await changedFiles(followed, places);
  const share: Budget = {
    lines: Math.max(LEAST_LINES, Math.floor(MOST_LINES / Math.max(1, changed.length))),
    bytes: Math.max(2 * MOST_LINE_BYTES, Math.floor(MOST_BYTES / Math.max(1, changed.length))),
  };
  const round = new Round(places);
  for (const file of inTurn(changed, next)) {
    const place = places.get(file.key) ?? null;
    if (round.isFull()) {
      round.leaveFor(file);
      break;
    }
    const budget = { ...share, lines: Math.min(share.lines, MOST_LINES - round.lines.length) };
    round.take(file, await followFile(file.path, place, { budget, now }).catch(unreadable(file, onProblem)));
  }
  return round.piece(new Set(followed.map(({ key }) => key)));
}

/** A file that we may not read is told and left out; the others are read all the same. */
const unreadable =
  ({ path }: LogFile, onProblem: Options["onProblem"]) =>
  (error: unknown): FilePiece | null => {
    onProblem(`the log ${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`);
    return null;
  };

/** One read over all files. */
class Round {
  readonly lines: RawLogLine[] = [];
  readonly #places: Map<string, Place>;
  #next: string | null = null;
  #bytes = 0;
  #lostBytes = 0;
  #hasMore = false;

  constructor(places: ReadonlyMap<string, Place>) {
    this.#places = new Map(places);
  }

  isFull(): boolean {
    return this.lines.length >= MOST_LINES || this.#bytes >= MOST_BYTES;
  }

  /** The next read begins there. */
  leaveFor(file: LogFile): void {
    this.#next = file.key;
    this.#hasMore = true;
  }

  take({ key, source, kind, isError }: LogFile, piece: FilePiece | null): void {
    if (piece === null) return;
    if (piece.place === null) this.#places.delete(key);
    else this.#places.set(key, piece.place);
    for (const text of piece.texts) this.lines.push({ source, kind, text, at: null, isError });
    this.#bytes += piece.bytes;
    this.#lostBytes += piece.lostBytes;
    this.#hasMore ||= piece.hasMore;
  }

  piece(followed: ReadonlySet<string>): LogPiece {
    const places = [...this.#places].filter(([key]) => followed.has(key));
    const cursor = {
      next: this.#next,
      places: Object.fromEntries(places.map(([key, place]) => [key, writePlace(place)])),
    };
    return { lines: this.lines, cursor: JSON.stringify(cursor), hasMore: this.#hasMore, lostBytes: this.#lostBytes };
  }
}

const cursorSchema = z.object({ next: z.string().nullable(), places: z.record(z.string(), z.string()) });

/** A cursor of another version is none: what is there is read again from the beginning, rather than nothing any more. */
function parseCursor(cursor: string | null): { places: ReadonlyMap<string, Place>; next: string | null } {
  const { places, next } = cursorOf(cursor);
  const known = Object.entries(places).flatMap(([key, text]): [string, Place][] => {
    const place = readPlace(text);
    return place === null ? [] : [[key, place]];
  });
  return { places: new Map(known), next };
}

function cursorOf(cursor: string | null): z.infer<typeof cursorSchema> {
  try {
    return cursorSchema.parse(JSON.parse(cursor ?? ""));
  } catch {
    return { next: null, places: {} };
  }
}

/** As many of the files as a cursor has room for. */
function withinCursor(files: readonly LogFile[]): readonly LogFile[] {
  let bytes = 0;
  const end = files.findIndex(({ key }) => {
    bytes += Buffer.byteLength(key) + PLACE_BYTES;
    return bytes > MOST_CURSOR_BYTES;
  });
  return end === -1 ? files : files.slice(0, end);
}

/** Those that look different than when they were read; a look costs some microseconds, reading some hundred. */
async function changedFiles(files: readonly LogFile[], places: ReadonlyMap<string, Place>): Promise<LogFile[]> {
  const looks = await Promise.all(files.map((file) => hasChanged(file, places.get(file.key))));
  return files.filter((_, index) => looks[index]);
}

async function hasChanged({ path }: LogFile, place: Place | undefined): Promise<boolean> {
  if (place === undefined) return true;
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return ino !== place.inode || size !== place.offset || Math.floor(mtimeMs) !== place.writtenAt;
  } catch {
    // What is wrong with it is found out when it is opened.
    return true;
  }
}

/** From the one whose turn it is. */
function inTurn(files: readonly LogFile[], next: string | null): LogFile[] {
  const first =
    next === null
      ? 0
      : Math.max(
          0,
          files.findIndex(({ key }) => key >= next),
        );
  return [...files.slice(first), ...files.slice(0, first)];
}
