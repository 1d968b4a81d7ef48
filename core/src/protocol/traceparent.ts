import { randomFillSync } from "node:crypto";

/** A W3C trace context (https://www.w3.org/TR/trace-context/), taken apart. */
interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;

/** Reads a `traceparent`; null if it is none, so that a wrong one begins a new trace and breaks nothing. */
export function readTraceparent(text: string | null | undefined): TraceContext | null {
  const [, version, traceId = "", spanId = "", flags = "", more] = FORM.exec(text ?? "") ?? [];
  // A later version may say more behind its flags; version 00 may not, and ff is forbidden.
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return null;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const writeTraceparent = ({ traceId, spanId, isSampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;

/** The same trace with a span of our own; a new trace if there is none to continue. */
export function continueTrace(parent: string | null | undefined): string {
  const { traceId, isSampled } = readTraceparent(parent) ?? {
    traceId: randomHex(16),
    isSampled: true,
  };
  return writeTraceparent({ traceId, spanId: randomHex(8), isSampled });
}

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random bytes are made for many spans at once: a call for each took longer than all else that a span needs. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}
