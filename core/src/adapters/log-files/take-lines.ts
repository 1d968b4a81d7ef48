import { linesOfLastEntry } from "../../logs/join-lines.ts";

/** A longer line is cut. */
export const MOST_LINE_BYTES = 64 * 1024;
/** A line without an end is given out when nothing was added for so long: its program was killed, or asks something. */
const UNENDED_MS = 2_000;
/** A stack trace may come in several writes; what stands last waits so long for more of it. */
const TRACE_MS = 250;
const LINE_END = 0x0a;
const CUT = Buffer.from(" … (cut)");

interface Taking {
  readonly mostLines: number;
  readonly isSkipping: boolean;
  /** The bytes reach to the end of the file. */
  readonly isEnd: boolean;
  /** How long the file has not been written to. */
  readonly quietMs: number;
}

interface Taken {
  readonly texts: readonly string[];
  /** How many bytes were dealt with. */
  readonly bytes: number;
  readonly isSkipping: boolean;
  /** There is more that could be taken now. */
  readonly hasMore: boolean;
}

/** Takes whole lines off the beginning of bytes of a file. */
export function takeLines(bytes: Buffer, how: Taking): Taken {
  const { mostLines, isEnd, quietMs } = how;
  const begin = how.isSkipping ? endOfLine(bytes, 0) : 0;
  if (begin === -1) return all(bytes, { texts: [], isSkipping: !isEnd || quietMs < UNENDED_MS, isEnd });
  const lines = split(bytes, begin, mostLines);
  const rest = bytes.subarray(lines.at(-1)?.end ?? begin);
  if (lines.length >= mostLines) return asFull(lines, rest.byteLength > 0 || !isEnd);
  if (rest.byteLength >= MOST_LINE_BYTES) {
    return all(bytes, { texts: [...textsOf(lines), cutLine(rest)], isSkipping: true, isEnd });
  }
  if (isEnd && rest.byteLength > 0 && quietMs >= UNENDED_MS) {
    return all(bytes, { texts: [...textsOf(lines), rest.toString()], isSkipping: false, isEnd });
  }
  const mayGoOn = isEnd && quietMs >= 0 && quietMs < TRACE_MS;
  const kept = lines.slice(0, lines.length - (mayGoOn ? linesOfLast(lines) : 0));
  return { texts: textsOf(kept), bytes: kept.at(-1)?.end ?? begin, isSkipping: false, hasMore: !isEnd };
}

const all = (bytes: Buffer, { isEnd, ...taken }: Pick<Taken, "texts" | "isSkipping"> & { isEnd: boolean }): Taken => ({
  ...taken,
  ...{ bytes: bytes.byteLength, hasMore: !isEnd },
});

/** As many lines as may be taken; what stands last waits for what may belong to it, unless it is all there is. */
function asFull(lines: readonly Line[], hasMore: boolean): Taken {
  const last = hasMore ? linesOfLast(lines) : 0;
  const kept = last >= lines.length ? lines : lines.slice(0, lines.length - last);
  return { texts: textsOf(kept), bytes: kept.at(-1)?.end ?? 0, isSkipping: false, hasMore };
}

// No trace that is longer is joined.
const linesOfLast = (lines: readonly Line[]): number => linesOfLastEntry(textsOf(lines.slice(-400)));

interface Line {
  readonly text: string;
  /** Behind its line end. */
  readonly end: number;
}

function split(bytes: Buffer, begin: number, most: number): Line[] {
  const lines: Line[] = [];
  for (let at = begin; lines.length < most; ) {
    const end = endOfLine(bytes, at);
    if (end === -1) break;
    const line = bytes.subarray(at, end - 1);
    lines.push({ text: line.byteLength > MOST_LINE_BYTES ? cutLine(line) : line.toString(), end });
    at = end;
  }
  return lines;
}

function endOfLine(bytes: Buffer, from: number): number {
  const at = bytes.indexOf(LINE_END, from);
  return at === -1 ? -1 : at + 1;
}

const cutLine = (line: Buffer): string => Buffer.concat([line.subarray(0, MOST_LINE_BYTES), CUT]).toString();
const textsOf = (lines: readonly Line[]): string[] => lines.map(({ text }) => text);
