import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually, stackUnderTest } from "./stack-under-test.ts";

const folder = join(import.meta.dirname, "../../dashboards/boards");
// Rates over an hour are recorded once a minute; the sample fleet's content comes every five.
const MEASURED_MS = 420_000;

interface Board {
  readonly title: string;
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query?: { readonly query?: string } | string }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}
const boards = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Board);

const queries = boards.flatMap(({ title, panels }) =>
  panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => ({ at: `${title}: ${panel.title}`, expr }))),
);

/** Asks Prometheus with everything chosen. @throws Error in its words if it refuses the query */
async function ask(path: string, query: Record<string, string>): Promise<unknown[]> {
  const address = stackUnderTest().address(9090);
  const answer = await fetch(`${address}/api/v1/${path}?${new URLSearchParams(query)}`);
  const { status, error, data } = (await answer.json()) as { status: string; error?: string; data: unknown };
  if (status !== "success") throw new Error(`${JSON.stringify(query)}: ${error}`);
  return Array.isArray(data) ? data : (data as { result: unknown[] }).result;
}

/** Series of the last two minutes. */
function course(expr: string): Promise<unknown[]> {
  const now = Date.now() / 1000;
  const query = expr.replaceAll(/\$(fleet|group|agent)/g, ".+");
  return ask("query_range", { query, start: String(now - 120), end: String(now), step: "15" });
}

async function findEmpty(): Promise<string[]> {
  const found = await Promise.all(
    queries.map(async ({ at, expr }) => ((await course(expr)).length > 0 ? [] : [`${at}: ${expr}`])),
  );
  return found.flat();
}

test("no panel of any dashboard is empty on a stack that runs", { timeout: 600_000 }, async () => {
  expect(boards.length).toBeGreaterThan(6);
  // What people do is shown, too.
  await stackUnderTest().command("restart", { who: ["archive-writer"] });
  await eventually("every panel has values", async () => (await findEmpty()).length === 0, MEASURED_MS).catch(
    async () => {
      expect(await findEmpty()).toEqual([]);
    },
  );
});

test("no query of a variable or an annotation is refused, and every variable has values", async () => {
  for (const { expr } of boards.flatMap(({ annotations }) => annotations.list)) await course(expr);
  for (const { query } of boards.flatMap(({ templating }) => templating.list)) {
    const text = typeof query === "object" ? (query.query ?? "") : "";
    const [, series = "", label = ""] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
    const match = series.replaceAll(/\$(fleet|group)/g, ".+");
    if (label !== "") expect(await ask(`label/${label}/values`, { "match[]": match }), text).not.toEqual([]);
  }
});
