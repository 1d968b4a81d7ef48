import { readAgentResources } from "@rollcall/core/agent-resources.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import {
  type ApiResources,
  apiHotSpots,
  apiKeyFigures,
  apiLatency,
  apiResources,
  apiThroughput,
} from "@rollcall/core/figures-contract.ts";
import type { Figures } from "@rollcall/core/ports/figures.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery, wholeNumber } from "./query.ts";
import { courseOf, stepQuery, stretchOf, stretchQuery } from "./stretch.ts";

const top = wholeNumber({ least: 1, most: 50, usual: 10 });

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
    querystring: z.strictObject({ ...stretchQuery, step: stepQuery, top }),
    response: { 200: apiThroughput },
  };
  api.get("/figures/throughput", { schema: throughput }, async (request) => {
    const course = courseOf(stretchOf(request.query, ports.clock.now()), request.query.step);
    return figuresFor(request, ports.figures).throughput({ ...course, top: request.query.top });
  });

  const latency = {
    ...{ tags, summary: "How long it takes, by type: 50, 95 and 99 of 100 are faster" },
    querystring: z.strictObject(stretchQuery),
    response: { 200: apiLatency },
  };
  api.get("/figures/latency", { schema: latency }, async (request) =>
    figuresFor(request, ports.figures).latency(stretchOf(request.query, ports.clock.now())),
  );

  const resources = {
    ...{ tags, summary: "What services and agents use of their hosts" },
    querystring: z.strictObject({
      ...{ ...stretchQuery, step: stepQuery },
      limit: wholeNumber({ least: 1, most: 500, usual: 100 }),
    }),
    response: { 200: apiResources },
  };
  api.get("/figures/resources", { schema: resources }, async (request) => {
    const { step, limit } = request.query;
    const course = courseOf(stretchOf(request.query, ports.clock.now()), step);
    const figures = figuresFor(request, ports.figures);
    const [services, agents] = await Promise.all([figures.services(course), agentsOf(deps)]);
    const omitted = Math.max(0, agents.rows.length - limit);
    return { ...services, agents: agents.rows.slice(0, limit), agentsOmitted: omitted, problems: agents.problems };
  });

  const hotSpots = {
    ...{ tags, summary: "What is busiest, slowest, fails most and waits most" },
    querystring: z.strictObject({ ...stretchQuery, top }),
    response: { 200: apiHotSpots },
  };
  api.get("/figures/hot-spots", { schema: hotSpots }, async (request) =>
    figuresFor(request, ports.figures).hotSpots({
      ...stretchOf(request.query, ports.clock.now()),
      top: request.query.top,
    }),
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

/** Redis may be away: the services' figures are still told. */
async function agentsOf({ ports }: AppDeps): Promise<{ rows: ApiResources["agents"]; problems: string[] }> {
  try {
    return { rows: await readAgentResources(ports), problems: [] };
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return { rows: [], problems: [`agents: ${error.message}`] };
  }
}
