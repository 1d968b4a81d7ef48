import { Failure } from "@rollcall/core/domain/failure.ts";
import { LOG_LEVELS } from "@rollcall/core/domain/log-line.ts";
import type { FleetSight } from "@rollcall/core/observe-fleet.ts";
import type { LogFilter, LogPlace } from "@rollcall/core/ports/log-store.ts";
import { selectAgents } from "@rollcall/core/selector.ts";
import { splitWords } from "@rollcall/core/split-words.ts";
import { spanField, spanMillis } from "@rollcall/core/time-span.ts";
import { z } from "zod";

const LONGEST = "31d";
const LONGEST_MS = spanMillis(LONGEST, LONGEST);
export const USUAL_RANGE = "30m";
const MOST_WORDS = 20;
const MOST_SOURCES = 100;

const moment = z
  .string()
  .regex(/^\d{1,15}$/, "milliseconds since the epoch")
  .transform(Number)
  .refine((at) => at <= 8.64e15, "a time that there is")
  .optional();
/** An id of something a line may belong to. */
const belonging = z.string().min(1).max(200).optional();

/** Which lines; shared by all that ask for lines. */
export const conditionsQuery = {
  who: z.string().max(1000).optional().describe("agents: billing, @orders, content-*, owner=payments; spaces between"),
  source: z.string().max(2000).optional().describe("names of services, commas between; with who: these too"),
  level: z.enum(LOG_LEVELS).optional().describe("this one and worse"),
  q: z.string().max(500).optional().describe('words that all stand in the line or its fields; "two words" as one'),
  pattern: z.string().min(1).max(500).optional().describe("regular expression (PostgreSQL) that the text fits"),
  ...{ trace: belonging, run: belonging },
  operation: z
    .string()
    .regex(/^op-\d{1,15}$/, "op- and a number")
    .optional(),
  field: z
    .string()
    .max(500)
    .regex(/^[^:]+:/, "name:value")
    .optional()
    .describe("name:value of a field"),
};
/** Of which time. */
export const timeQuery = {
  range: spanField.optional().describe(`how far back, ${LONGEST} at most: 5m, 36h, 7d; instead of \`from\``),
  from: moment.describe("milliseconds since the epoch, this moment included"),
  to: moment.describe("milliseconds since the epoch, this moment not included"),
};
const PLACE = /^(\d{1,15})-(\d{1,15})$/;
/** Where to go on. */
export const pageQuery = {
  before: z.string().regex(PLACE, "what an answer gave as `older`").optional().describe("the lines before these"),
  after: afterField(),
};

/** The id of a line, behind which to go on. */
export function afterField() {
  return z
    .string()
    .regex(/^\d{1,15}$/, "the id of a line, or `newest` of an answer")
    .optional()
    .describe("lines that were taken in after this one");
}

type Asked<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;
type Conditions = Asked<typeof conditionsQuery>;

/**
 * The filter without its time.
 * @throws Failure "unknown_agent", "invalid_input" with what is allowed; "unavailable"
 */
export async function filterOf(query: Conditions, sight: FleetSight): Promise<LogFilter> {
  const { level, pattern, trace, run, operation, q, field } = query;
  return {
    ...{ level, pattern, trace, run, operation },
    sources: await sourcesOf(query, sight),
    ...(q !== undefined && { words: wordsOf(q) }),
    ...(field !== undefined && { fields: fieldOf(field) }),
  };
}

/** @returns undefined: all of them */
async function sourcesOf({ who, source }: Conditions, sight: FleetSight): Promise<string[] | undefined> {
  const words = (who ?? "").split(/\s+/).filter((word) => word !== "");
  const services = (source ?? "").split(",").flatMap((name) => name.trim() || []);
  if (services.length > MOST_SOURCES)
    throw new Failure("invalid_input", `at most ${MOST_SOURCES} services at a time`, { found: `${services.length}` });
  if (words.length === 0) return services.length === 0 ? undefined : services;
  const agents = await selectAgents(words, sight, { verb: "Show the logs of", isChange: false });
  return [...agents.map(({ id }) => id), ...services];
}

function wordsOf(q: string): string[] {
  const words = splitWords(q).map(({ text }) => text);
  if (words.length <= MOST_WORDS) return words.filter((word) => word !== "");
  throw new Failure("invalid_input", `at most ${MOST_WORDS} words at a time`, { found: `${words.length} words` });
}

function fieldOf(field: string): Record<string, string> {
  const at = field.indexOf(":");
  return Object.fromEntries([[field.slice(0, at), field.slice(at + 1)]]);
}

interface Time {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/**
 * @param usual how far back if no beginning is named; null: from the oldest
 * @throws Failure "invalid_input" if it ends before it begins, or has two beginnings
 */
export function timeOf(query: Asked<typeof timeQuery>, now: number, usual: string | null): Time {
  const { range, from, to } = query;
  if (range !== undefined && from !== undefined) throw oddTime("range and from are two beginnings", range);
  const span = range ?? (from === undefined ? usual : null);
  const begin = span === null ? from : (to ?? now) - spanMillis(span, LONGEST);
  if (begin !== undefined && to !== undefined && to <= begin)
    throw oddTime("the time ends before it begins", `${begin} to ${to}`);
  return { from: begin, to };
}

/** A time with both ends, 31 days at most. @throws Failure "invalid_input" */
export function boundedTime(query: Asked<typeof timeQuery>, now: number, usual: string): { from: number; to: number } {
  const { from = 0, to = Math.max(now, (query.from ?? 0) + 1) } = timeOf(query, now, usual);
  if (to - from > LONGEST_MS) throw oddTime(`from lies more than ${LONGEST} before the end`, `${from} to ${to}`);
  return { from, to };
}

const oddTime = (words: string, found: string): Failure =>
  new Failure("invalid_input", words, { found, allowed: ["range, with or without to", "from, with or without to"] });

/** The place that `older` of an answer named. */
export function placeOf(before: string | undefined): LogPlace | undefined {
  const [, at, id] = PLACE.exec(before ?? "") ?? [];
  return at === undefined ? undefined : { at: Number(at), id: Number(id) };
}

export const placeName = ({ at, id }: LogPlace): string => `${at}-${id}`;
