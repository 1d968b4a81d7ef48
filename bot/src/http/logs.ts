import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import type { KeptLogLine } from "@rollcall/core/domain/log-line.ts";
import { type ApiLogs, apiLogCounts, apiLogs } from "@rollcall/core/log-contract.ts";
import type { LogFilter, LogStore } from "@rollcall/core/ports/log-store.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { requireExpected } from "./fleet-view.ts";
import {
  boundedTime,
  conditionsQuery,
  filterOf,
  pageQuery,
  placeName,
  placeOf,
  timeOf,
  timeQuery,
  USUAL_RANGE,
} from "./log-query.ts";
import { wholeNumber } from "./query.ts";
import { viewLines } from "./view-lines.ts";

const limit = wholeNumber({ least: 1, most: 1000, usual: 100 });
const listQuery = z.strictObject({ ...conditionsQuery, ...timeQuery, ...pageQuery, limit });
type ListQuery = z.infer<typeof listQuery>;
const tags = ["logs"];

/** What agents and services wrote: looked at, searched, counted. */
export function registerLogs(api: App, deps: AppDeps): void {
  const list = { tags, summary: "Lines of agents and services", querystring: listQuery, response: { 200: apiLogs } };
  api.get("/logs", { schema: list }, async (request) => await listLines(request, request.query, deps));

  const search = {
    ...{ tags, summary: "Lines in which these words stand", response: { 200: apiLogs } },
    querystring: listQuery.extend({ q: z.string().min(1).max(500).describe('words; "two words" as one') }),
  };
  api.get("/logs/search", { schema: search }, async (request) => await listLines(request, request.query, deps));
  registerCounts(api, deps);
  registerLast(api, deps);
}

/** The lines of one agent, whatever their age. */
function registerLast(api: App, { ports }: AppDeps): void {
  const schema = {
    ...{ tags, summary: "The last lines of one agent, whatever their age" },
    params: z.strictObject({ id: agentId }),
    querystring: z.strictObject({
      level: conditionsQuery.level,
      q: conditionsQuery.q,
      before: pageQuery.before,
      limit,
    }),
    response: { 200: apiLogs },
  };
  api.get("/agents/:id/logs", { schema }, async (request) => {
    const logs = logsFor(request, ports);
    const { id } = request.params;
    await requireExpected(ports, id);
    const filter = { ...(await filterOf(request.query, ports)), sources: [id] };
    return await pageBack({ logs, ports }, filter, request.query);
  });
}

const MOST_BUCKETS = 500;
const USUAL_BUCKETS = 60;

function registerCounts(api: App, { ports }: AppDeps): void {
  const step = z
    .string()
    .regex(/^\d{1,7}$/, "a whole number of seconds")
    .optional();
  const schema = {
    ...{ tags, summary: "How many lines of each level there are over time" },
    querystring: z.strictObject({
      ...{ ...conditionsQuery, ...timeQuery },
      step: step.describe(`seconds of one stretch; a ${USUAL_BUCKETS}th of the time if not said`),
    }),
    response: { 200: apiLogCounts },
  };
  api.get("/logs/counts", { schema }, async (request) => {
    const logs = logsFor(request, ports);
    const asOf = ports.clock.now();
    const { from, to } = boundedTime(request.query, asOf, USUAL_RANGE);
    const stepSeconds = stepOf(request.query.step, (to - from) / 1000);
    const filter = await filterOf(request.query, ports);
    // Whole steps, so that the same stretch keeps its lines from one look to the next.
    const begin = Math.floor(from / (stepSeconds * 1000)) * stepSeconds * 1000;
    const counts = await logs.count({ ...filter, from: begin, to }, stepSeconds * 1000);
    return { asOf, stepSeconds, buckets: counts.map(({ from: at, counts: lines }) => ({ from: at, counts: lines })) };
  });
}

/** @throws Failure "invalid_input" if there would be too many stretches */
function stepOf(text: string | undefined, seconds: number): number {
  // One more than fit: the first stretch begins at a whole step.
  const least = Math.max(1, Math.ceil(seconds / (MOST_BUCKETS - 1)));
  const step = text === undefined ? Math.max(least, Math.ceil(seconds / USUAL_BUCKETS)) : Number(text);
  if (step >= least) return step;
  throw new Failure("invalid_input", `a step of ${step} s gives more than ${MOST_BUCKETS} stretches`, {
    found: String(step),
    allowed: [`${least} seconds or more`],
  });
}

/**
 * What is kept, for somebody who may look at it.
 * @throws Failure "forbidden", "unavailable"
 */
export function logsFor(request: FastifyRequest, { logs }: AppDeps["ports"]): LogStore {
  const caller = callerOf(request);
  requireScope(caller, "read");
  requireRole(caller, "viewer");
  if (logs !== undefined) return logs;
  throw new Failure("unavailable", "lines are kept in PostgreSQL, and there is none", {
    next: "Set DATABASE_URL, or look at the output of the process on its host.",
  });
}

async function listLines(request: FastifyRequest, query: ListQuery, { ports }: AppDeps): Promise<ApiLogs> {
  const logs = logsFor(request, ports);
  const { before, after } = query;
  if (before !== undefined && after !== undefined)
    throw new Failure("invalid_input", "before pages back and after follows", { allowed: ["before", "after"] });
  const isOn = before !== undefined || after !== undefined;
  const filter = {
    ...(await filterOf(query, ports)),
    ...timeOf(query, ports.clock.now(), isOn ? null : USUAL_RANGE),
  };
  return after === undefined
    ? await pageBack({ logs, ports }, filter, query)
    : await pageOn({ logs, ports }, filter, { after: Number(after), limit: query.limit });
}

interface Stores {
  readonly logs: LogStore;
  readonly ports: AppDeps["ports"];
}

/** The newest lines, or those before a place. */
async function pageBack(
  { logs, ports }: Stores,
  filter: LogFilter,
  { limit: most, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<ApiLogs> {
  // First: what is taken in meanwhile may come twice, and is told apart by its id; nothing is left out.
  const newest = await logs.newest();
  const found = await logs.search(filter, { limit: most + 1, before: placeOf(before) });
  const lines = found.slice(0, most).toReversed();
  const [oldest] = lines;
  return await answer({ logs, ports }, lines, {
    older: found.length > most && oldest !== undefined ? placeName(oldest) : null,
    ...{ newest, nearest: lines.length === 0 ? await nearestBefore(logs, filter) : null },
  });
}

/** What was taken in after a line. */
async function pageOn(
  { logs, ports }: Stores,
  filter: LogFilter,
  { after, limit: most }: { readonly after: number; readonly limit: number },
): Promise<ApiLogs> {
  const newest = await logs.newest();
  const lines = await logs.after(after, filter, most);
  const last = lines.at(-1)?.id ?? after;
  // All others up to the newest do not fit, so they need not be looked at again.
  const isWhole = lines.length < most;
  return await answer({ logs, ports }, lines, {
    ...{ older: null, nearest: null, newest: isWhole ? Math.max(last, newest) : last },
  });
}

async function answer(
  { logs, ports }: Stores,
  lines: readonly KeptLogLine[],
  rest: { readonly older: string | null; readonly newest: number; readonly nearest: number | null },
): Promise<ApiLogs> {
  const [shown, places] = await Promise.all([viewLines(lines, ports.incidents), logs.sources()]);
  return { asOf: ports.clock.now(), ...rest, newest: String(rest.newest), lines: shown, places };
}

/** When the nearest line before an empty time was written; null too if finding it takes too long. */
async function nearestBefore(logs: LogStore, filter: LogFilter): Promise<number | null> {
  if (filter.from === undefined) return null;
  try {
    const [line] = await logs.search({ ...filter, from: undefined, to: filter.from }, { limit: 1 });
    return line?.at ?? null;
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}
