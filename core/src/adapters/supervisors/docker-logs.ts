import { readStamped, type StampedLine, type StampPlace } from "./stamped-logs.ts";

/** Of a container that writes more than this between two reads the rest comes with the next. */
export const MOST_LOG_BYTES = 512 * 1024;

// Without a terminal each piece of the log is framed: one byte stream, three of nothing, four of length, big-endian.
const FRAME_HEAD_BYTES = 8;
const STANDARD_ERROR = 2;

/** What is asked for: both streams from the time of the place on, which is included. */
export function logQuery(place: StampPlace | null): string {
  const since = place === null ? "" : `&since=${Number(place.stamp.slice(0, -9))}.${place.stamp.slice(-9)}`;
  return `stdout=true&stderr=true&timestamps=true${since}`;
}

/** Lines of a log with times; what is incomplete at the end of a cut one is left for the next read. */
export function linesOfLog(body: Buffer, isCut: boolean): StampedLine[] {
  const lines: StampedLine[] = [];
  for (const { text, isError } of isFramed(body) ? framesOf(body) : [{ text: body.toString(), isError: false }]) {
    const parts = text.split("\n");
    const last = parts.pop() ?? "";
    if (last !== "" && !isCut) parts.push(last);
    for (const part of parts) {
      const line = readStamped(part.replace(/\r$/, ""), isError);
      if (line !== null) lines.push(line);
    }
  }
  return lines;
}

// A log of a terminal begins with a time.
const isFramed = (body: Buffer): boolean =>
  body.byteLength >= FRAME_HEAD_BYTES && body.readUInt32BE(0) % 0x1000000 === 0;

function* framesOf(body: Buffer): Generator<{ text: string; isError: boolean }> {
  for (let at = 0; at + FRAME_HEAD_BYTES <= body.byteLength; ) {
    const end = at + FRAME_HEAD_BYTES + body.readUInt32BE(at + 4);
    if (end > body.byteLength) return;
    const text = body.subarray(at + FRAME_HEAD_BYTES, end).toString();
    yield { text: text.endsWith("\n") ? text : `${text}\n`, isError: body[at] === STANDARD_ERROR };
    at = end;
  }
}
