import { csvCell } from "@rollcall/core/csv-cell.ts";
import {
  type ApiMeasureCourse,
  apiMeasure,
  apiMeasureCourse,
  measureQuestion,
} from "@rollcall/core/measure-contract.ts";
import { z } from "zod";
import type { App, AppDeps } from "./deps.ts";
import { figuresFor } from "./figures.ts";
import { courseOf, stepQuery, stretchOf, stretchQuery } from "./stretch.ts";

/** Trends are looked for over a day. */
const USUAL_RANGE = "24h";

/** Any metric of Rollcall over a window, as one number or over time. */
export function registerMeasures(api: App, { ports }: AppDeps): void {
  const tags = ["figures"];
  const measure = {
    ...{ tags, summary: "Any metric over a window: average, smallest, largest, sum, rate or a percentile" },
    querystring: measureQuestion,
    response: { 200: apiMeasure },
  };
  api.get("/figures/measure", { schema: measure }, async (request) =>
    figuresFor(request, ports.figures).measure(request.query),
  );

  const course = {
    ...{ tags, summary: "The same over time, for trends; format=csv for a spreadsheet" },
    querystring: measureQuestion.extend({
      ...{ ...stretchQuery, step: stepQuery },
      format: z.enum(["json", "csv"]).default("json"),
    }),
    response: { 200: z.union([apiMeasureCourse, z.string()]) },
  };
  api.get("/figures/measure/course", { schema: course }, async (request, reply) => {
    const { range, from, to, step, format, ...question } = request.query;
    const course = courseOf(stretchOf({ range, from, to }, ports.clock.now(), USUAL_RANGE), step);
    const answer = await figuresFor(request, ports.figures).measureCourse({ question, ...course });
    if (format === "json") return answer;
    const disposition = `attachment; filename="${answer.name}.csv"`;
    return reply.type("text/csv; charset=utf-8").header("content-disposition", disposition).send(linesOf(answer));
  });
}

/** One line per moment and series; a moment without a value has an empty cell, for it was not 0. */
function linesOf({ name, by, function: made, window, unit, series }: ApiMeasureCourse): string {
  const head = ["moment", by ?? "of", `${made} of ${name} over ${window} (${unit})`];
  const rows = series.flatMap(({ of, points }) =>
    points.map(([at, value]) => [new Date(at).toISOString(), of ?? "all", value]),
  );
  return [head, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}
