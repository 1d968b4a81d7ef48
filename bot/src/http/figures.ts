import { readAgentResources } from "@rollcall/core/agent-resources.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import {
  type ApiResources,
  apiHotSpots,
  apiKeyFigures,
  apiLatency,
  apiResources,
  apiThroughput,
  FIGURE_RANGES,
  type FigureRange,
} from "@rollcall/core/figures-contract.ts";
import type { Figures } from "@rollcall/core/ports/figures.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery, wholeNumber } from "./query.ts";

const range = z.enum(FIGURE_RANGES).default("1h").describe("how far back");
export const step = z
  .string()
  .regex(/^\d{1,4}$/, "a whole number of seconds")
  .optional()
  .describe("seconds between two points; a sixtieth of the range if not said");
const top = wholeNumber({ least: 1, most: 50, usual: 10 });

const SECONDS: Readonly<Record<FigureRange, number>> = {
  "5m": 300,
  "15m": 900,
  "1h": 3600,
  "6h": 21_600,
  "24h": 86_400,
};
/** Prometheus measures every 5 s; more points than pixels of a chart say nothing more. */
const LEAST_STEP_SECONDS = 5;
const MOST_POINTS = 500;

/** What was measured: key figures, throughput, latency, resources and hot spots, each number with its age. */
export function registerFigures(api: App, deps: AppDeps): void {
  const { ports } = deps;
  const tags = ["figures"];
  api.get(
    "/figures/key",
    { schema: { tags, summary: "The last hour in numbers", querystring: noQuery, response: { 200: apiKeyFigures } } },
    async (request) => figuresFor(request, ports.figures).key(),
  );

  const throughput = {
    ...{ tags, summary: "Events and requests per second over time, all together and the busiest topics" },
    querystring: z.strictObject({ range, step, top }),
    response: { 200: apiThroughput },
  };
  api.get("/figures/throughput", { schema: throughput }, async (request) => {
    const { range: asked, step: text, top: most } = request.query;
    return figuresFor(request, ports.figures).throughput({ ...courseOf(asked, text), top: most });
  });

  const latency = {
    ...{ tags, summary: "How long it takes, by type: 50, 95 and 99 of 100 are faster" },
    querystring: z.strictObject({ range }),
    response: { 200: apiLatency },
  };
  api.get("/figures/latency", { schema: latency }, async (request) =>
    figuresFor(request, ports.figures).latency(request.query.range),
  );

  const resources = {
    ...{ tags, summary: "What services and agents use of their hosts" },
    querystring: z.strictObject({ range, step, limit: wholeNumber({ least: 1, most: 500, usual: 100 }) }),
    response: { 200: apiResources },
  };
  api.get("/figures/resources", { schema: resources }, async (request) => {
    const { range: asked, step: text, limit } = request.query;
    const figures = figuresFor(request, ports.figures);
    const [services, agents] = await Promise.all([figures.services(courseOf(asked, text)), agentsOf(deps)]);
    const omitted = Math.max(0, agents.rows.length - limit);
    return { ...services, agents: agents.rows.slice(0, limit), agentsOmitted: omitted, problems: agents.problems };
  });

  const hotSpots = {
    ...{ tags, summary: "What is busiest, slowest, fails most and waits most" },
    querystring: z.strictObject({ range, top }),
    response: { 200: apiHotSpots },
  };
  api.get("/figures/hot-spots", { schema: hotSpots }, async (request) =>
    figuresFor(request, ports.figures).hotSpots(request.query),
  );
}

/** @throws Failure "forbidden", "unavailable" */
export function figuresFor(request: FastifyRequest, figures: Figures | undefined): Figures {
  const caller = callerOf(request);
  requireScope(caller, "read");
  requireRole(caller, "viewer");
  if (figures !== undefined) return figures;
  throw new Failure("unavailable", "no Prometheus is named, so there are no figures", {
    next: "Set PROMETHEUS_URL to the address of the Prometheus that reads the exporter, and start the control service again.",
  });
}

/** @throws Failure "invalid_input" if there would be too many points */
export function courseOf(asked: FigureRange, text: string | undefined): { range: FigureRange; stepSeconds: number } {
  const seconds = SECONDS[asked];
  const least = Math.max(LEAST_STEP_SECONDS, Math.ceil(seconds / MOST_POINTS));
  const stepSeconds = text === undefined ? Math.max(least, seconds / 60) : Number(text);
  if (stepSeconds >= least && stepSeconds <= seconds) return { range: asked, stepSeconds };
  throw new Failure("invalid_input", `a step of ${stepSeconds} s does not fit the range ${asked}`, {
    found: String(stepSeconds),
    allowed: [`${least} to ${seconds} seconds`],
  });
}

/** Redis may be away: the services' figures are still told. */
async function agentsOf({ ports }: AppDeps): Promise<{ rows: ApiResources["agents"]; problems: string[] }> {
  try {
    return { rows: await readAgentResources(ports), problems: [] };
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return { rows: [], problems: [`agents: ${error.message}`] };
  }
}
