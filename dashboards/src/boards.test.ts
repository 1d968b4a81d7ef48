import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { declaredMetrics } from "@rollcall/test/declared-metrics.ts";
import { describe, expect, test } from "vitest";
import { BOARDS, boardFile } from "./boards.ts";

const folder = join(import.meta.dirname, "../boards");
const rules = join(import.meta.dirname, "../../alerting/rules");

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos?: { readonly x: number; readonly w: number };
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string }[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly noValue?: string;
      readonly custom?: { readonly axisSoftMax?: number };
    };
  };
}
const panelsOf = (board: (typeof BOARDS)[number]): Panel[] =>
  ((board.panels ?? []) as unknown as Panel[]).filter(({ type }) => type !== "row");

const recorded = new Set(
  readdirSync(rules)
    .filter((file) => file.endsWith(".rules.yml"))
    .flatMap((file) => [...readFileSync(join(rules, file), "utf8").matchAll(/record: "([^"]+)"/g)])
    .map(([, name]) => name as string),
);
// Prometheus itself, and what prom-client tells of every Node process.
const OTHERS = new Set(["up", "ALERTS", "process_resident_memory_bytes", "process_cpu_seconds_total"]);
const WORDS = /(?<![\w:"=~.|$-])[A-Za-z][a-zA-Z0-9_:]*(?=[{[\s)]|$)/g;
// What stands there in PromQL and is no metric.
const LANGUAGE = new Set(
  "sum min max count avg by without or and unless on ignoring topk bottomk rate increase deriv changes time vector histogram_quantile predict_linear label_replace bool offset".split(
    " ",
  ),
);

/** Metrics of a query, without label names, values and functions. */
function metricsIn(expr: string): string[] {
  const bare = expr.replaceAll(/\{[^}]*\}/g, "{").replaceAll(/\b(by|without|on|ignoring) \([^)]*\)/g, "");
  const found = [...bare.replaceAll(/"[^"]*"/g, "").matchAll(WORDS)].map(([word]) => word);
  return found.filter((word) => !LANGUAGE.has(word));
}

describe.each(BOARDS.map((board) => [boardFile(board), board] as const))("the board %s", (file, board) => {
  test("is committed as it is written", () => {
    // `npm run dashboards` writes it anew.
    expect(readFileSync(join(folder, `${file}.json`), "utf8")).toBe(`${JSON.stringify(board, null, 2)}\n`);
  });

  test("says of every panel what it means and in which unit, and what stands there when nothing is measured", () => {
    const panels = panelsOf(board);
    expect(panels.length).toBeGreaterThan(5);
    for (const { title, description, fieldConfig } of panels) {
      expect(title).not.toBe("");
      expect(description?.length, title).toBeGreaterThan(20);
      expect(fieldConfig?.defaults.unit, title).toBeTruthy();
      expect(fieldConfig?.defaults.noValue, title).toBe("not measured");
    }
    expect(new Set(panels.map(({ title }) => title)).size, "no two panels of one title").toBe(panels.length);
  });

  test("keeps within the 24 columns that Grafana has", () => {
    for (const { title, gridPos } of panelsOf(board))
      expect((gridPos?.x ?? 24) + (gridPos?.w ?? 0), title).toBeLessThan(25);
  });

  test("draws a share that is 0 all the time on an axis of shares", () => {
    const shares = panelsOf(board).filter(
      ({ type, fieldConfig }) => type === "timeseries" && fieldConfig?.defaults.unit === "percentunit",
    );
    for (const { title, fieldConfig } of shares) expect(fieldConfig?.defaults.custom?.axisSoftMax, title).toBe(0.01);
  });

  test("asks the data source that is chosen, for metrics that exist", () => {
    const declared = declaredMetrics();
    const known = (name: string): boolean =>
      declared.has(name.replace(/_(bucket|sum|count)$/, "")) || recorded.has(name) || OTHERS.has(name);
    for (const { title, datasource, targets = [] } of panelsOf(board)) {
      expect(datasource?.uid, title).toBe("$datasource");
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { expr } of targets) {
        const names = metricsIn(expr);
        expect(names.length, expr).toBeGreaterThan(0);
        expect(
          names.filter((name) => !known(name)),
          expr,
        ).toEqual([]);
      }
    }
  });

  test("is narrowed by variables, leads to the other boards, and shows commands, deploys and incidents", () => {
    const names = (board.templating?.list ?? []).map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["datasource", "fleet"]);
    expect(board.links?.map(({ tags }) => tags)).toEqual([["rollcall"]]);
    expect(board.annotations?.list?.map(({ name }) => name)).toEqual(["Commands", "Deploys", "Incidents"]);
  });
});

describe("the boards", () => {
  test("have an address each that stays", () => {
    expect(BOARDS.map(({ uid }) => uid)).toEqual([
      "rollcall-executive",
      "rollcall-operations",
      "rollcall-sre",
      "rollcall-business",
      "rollcall-agent",
      "rollcall-event-bus",
      "rollcall-capacity",
    ]);
  });

  test("lead to boards that exist", () => {
    const text = JSON.stringify(BOARDS);
    const targets = [...text.matchAll(/\/d\/([a-z-]+)/g)].map(([, uid]) => uid);
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((uid) => !BOARDS.some((board) => board.uid === uid))).toEqual([]);
  });

  test("are checked by every metric that their queries name", () => {
    expect(metricsIn('sum by (a) (rate(rollcall_x_total{b="c d"}[5m])) or vector(0)')).toEqual(["rollcall_x_total"]);
    expect(metricsIn('max(up{job="x"}) / (fleet:y:rate5m{z=~"$z"} > 0)')).toEqual(["up", "fleet:y:rate5m"]);
  });
});
