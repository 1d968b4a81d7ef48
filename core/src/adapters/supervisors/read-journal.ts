import { z } from "zod";
import { Failure } from "../../domain/failure.ts";
import type { RuntimeLogPiece } from "../../ports/runtime.ts";
import { type Program, runProgram } from "./run-program.ts";

/** Of a longer journal the rest comes with the next read. */
export const MOST_JOURNAL_BYTES = 2 * 1024 * 1024;
const MOST_LINES = 2_000;

const FIELDS = ["MESSAGE", "PRIORITY", "_SYSTEMD_UNIT", "UNIT", "_SYSTEMD_USER_UNIT", "USER_UNIT"];
// systemd.journal-fields(7); a message that is no text is a list of bytes, one that is too long is null.
const entry = z.object({
  __CURSOR: z.string(),
  __REALTIME_TIMESTAMP: z.string(),
  MESSAGE: z.union([z.string(), z.array(z.number()), z.null()]).optional(),
  PRIORITY: z.string().optional(),
  _SYSTEMD_UNIT: z.string().optional(),
  UNIT: z.string().optional(),
  _SYSTEMD_USER_UNIT: z.string().optional(),
  USER_UNIT: z.string().optional(),
});
type Entry = z.infer<typeof entry>;

interface Reading {
  /** `--user`, or nothing. */
  readonly scope: readonly string[];
  /** Names of agents by their units. */
  readonly units: ReadonlyMap<string, string>;
  readonly cursor: string | null;
}

/**
 * What units wrote to the systemd journal after a place, and what systemd itself says of them there.
 * @throws Failure "unavailable"
 */
export async function readJournal(program: Program, { scope, units, cursor }: Reading): Promise<RuntimeLogPiece> {
  const after = placeOf(cursor);
  const args = [
    ...scope,
    ...[...units.keys()].map((unit) => `--unit=${unit}`),
    ...["--output=json", "--all", "--no-pager", "--quiet", `--output-fields=${FIELDS.join(",")}`],
    ...(after === null ? [] : [`--after-cursor=${after}`]),
  ];
  const { code, out, error, isCut } = await runProgram(program, args);
  if (code !== 0)
    throw new Failure("unavailable", `${program.label} does not show the journal: ${error.trim().slice(0, 200)}`);
  const texts = out.split("\n");
  // The last one has no end yet, or is empty.
  texts.pop();
  const entries = texts.slice(0, MOST_LINES).flatMap(readEntry);
  const place = entries.at(-1)?.__CURSOR ?? after;
  return {
    lines: entries.flatMap((one) => linesOf(one, units)),
    cursor: place === null ? "{}" : JSON.stringify({ after: place }),
    ...{ hasMore: isCut || texts.length > MOST_LINES, lostBytes: 0 },
  };
}

function placeOf(cursor: string | null): string | null {
  try {
    return z.object({ after: z.string() }).parse(JSON.parse(cursor ?? "{}")).after;
  } catch {
    return null;
  }
}

function readEntry(text: string): Entry[] {
  try {
    return [entry.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}

/** syslog.h: 3 is an error, and what is below is worse. */
const ERROR = 3;

function linesOf(one: Entry, units: ReadonlyMap<string, string>): RuntimeLogPiece["lines"] {
  // What systemd says of a unit bears its own unit beside that one.
  const unit = one.UNIT ?? one.USER_UNIT ?? one._SYSTEMD_USER_UNIT ?? one._SYSTEMD_UNIT ?? "";
  const name = units.get(unit) ?? units.get(one._SYSTEMD_UNIT ?? "");
  const { MESSAGE: message } = one;
  if (name === undefined || message === undefined || message === null) return [];
  const text = typeof message === "string" ? message : Buffer.from(message).toString();
  const at = Math.floor(Number(one.__REALTIME_TIMESTAMP) / 1000);
  const isError = Number(one.PRIORITY ?? 6) <= ERROR;
  return text.split("\n").map((line) => ({ name, text: line, at, isError }));
}
