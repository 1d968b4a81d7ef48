/** How often something may be done: `most` times within any `seconds`. */
export interface Limit {
  readonly most: number;
  readonly seconds: number;
  /** What is counted, as it stands after a number: "10 changes". */
  readonly what: string;
}

/** Every limit with its standard; the setting ROLLCALL_LIMITS changes them one by one. */
export const LIMITS = {
  acts: { most: 10, seconds: 60, what: "changes by one person" },
  "acts-hour": { most: 60, seconds: 3600, what: "changes by one person" },
  acknowledgements: { most: 60, seconds: 60, what: "acknowledgements by one person" },
  approvals: { most: 20, seconds: 3600, what: "approvals by one person" },
  bulk: { most: 1, seconds: 600, what: "changes of many agents by one person" },
  reads: { most: 600, seconds: 60, what: "questions by one person" },
  "roll-calls": { most: 20, seconds: 60, what: "roll calls by one person" },
  "roll-call-fleet": { most: 1, seconds: 30, what: "roll calls of the whole fleet by one person" },
  "login-failures": { most: 10, seconds: 900, what: "wrong credentials from one address or of one account" },
  unauthenticated: { most: 20, seconds: 60, what: "requests without credentials from one address" },
  webhook: { most: 1000, seconds: 1, what: "deliveries of alerts" },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof LIMITS;
/** Names of all limits. */
export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

/** The limits in force; null: switched off. */
export type LimitTable = Readonly<Record<LimitName, Limit | null>>;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const LONGEST_SECONDS = 86_400;
const MOST = 1_000_000;

/**
 * The limits in force.
 * @param text what differs from the standard: `acts=20/1m, roll-call-fleet=off`; "" changes nothing
 * @returns them, or what is wrong with the text
 */
export function readLimits(text: string): LimitTable | { readonly problem: string } {
  const table: Record<LimitName, Limit | null> = { ...LIMITS };
  for (const part of text.split(",").map((word) => word.trim())) {
    if (part === "") continue;
    const [, name = "", value = ""] = /^([a-z-]+)\s*=\s*(.+)$/.exec(part) ?? [];
    if (!isLimit(name))
      return { problem: `NAME=10/1m or NAME=off with commas between; names: ${LIMIT_NAMES.join(", ")}` };
    const limit = readLimit(name, value);
    if (limit === undefined) return { problem: `${name}: a number of times in a time of at most 24h, 10/1m, or off` };
    table[name] = limit;
  }
  return table;
}

const isLimit = (name: string): name is LimitName => Object.hasOwn(LIMITS, name);

function readLimit(name: LimitName, value: string): Limit | null | undefined {
  if (value === "off") return null;
  const [, count, length, unit = ""] = /^(\d{1,7})\/(\d{1,5})([smh])$/.exec(value) ?? [];
  const most = Number(count);
  const seconds = Number(length) * (UNITS[unit] ?? Number.NaN);
  const isFit = most >= 1 && most <= MOST && seconds >= 1 && seconds <= LONGEST_SECONDS;
  return isFit ? { most, seconds, what: LIMITS[name].what } : undefined;
}

/** "10 changes by one person in a minute" */
export function limitWords({ most, seconds, what }: Limit): string {
  return `${most} ${most === 1 ? singular(what) : what} in ${timeWords(seconds)}`;
}

const singular = (what: string): string => what.replace(/s\b/, "");

function timeWords(seconds: number): string {
  const [unit, length] = seconds % 3600 === 0 ? (["hour", 3600] as const) : minuteOrSecond(seconds);
  const count = seconds / length;
  if (count > 1) return `${count} ${unit}s`;
  return unit === "hour" ? "an hour" : `a ${unit}`;
}

const minuteOrSecond = (seconds: number) => (seconds % 60 === 0 ? (["minute", 60] as const) : (["second", 1] as const));
