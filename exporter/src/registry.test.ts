import { describe, expect, test } from "vitest";
import { NOTHING_COLLECTED } from "./collectors/collector-loops.ts";
import type { ExporterState, Family } from "./family.ts";
import { Page } from "./page.ts";
import { familyFiles, loadFamilies, nameForFile } from "./registry.ts";

const families = await loadFamilies();
const named = families.map((family): [string, Family] => [family.name, family]);

const blind: ExporterState = {
  refresh: {
    snapshot: null,
    snapshotAgeSeconds: Number.POSITIVE_INFINITY,
    lastDurationSeconds: null,
    failures: { unreachable: 0, timeout: 0, refused: 0, "no-fleet": 0, "bad-fleet": 0, bug: 0 },
    problem: "starting",
  },
  page: { series: 0, dropped: { detail: 0, budget: 0 }, failures: new Map() },
  push: null,
  collected: NOTHING_COLLECTED,
  packs: null,
  version: "1.2.3",
  uptimeSeconds: 1,
  lastScrapeSeconds: null,
};

describe("the metric families", () => {
  test("each file holds one family with the file's name", () => {
    expect(families.map(({ name }) => name)).toEqual(familyFiles().map(nameForFile));
  });

  test.each(named)("%s follows the naming rules", (name, { help, labels, value }) => {
    expect(name).toMatch(/^rollcall_(agent|fleet|bus|host|unit|cron|probe|exporter|build)(_[a-z]+)+$/);
    expect(name.endsWith("_total")).toBe(value.kind === "counter");
    expect(name).not.toMatch(
      /_(ms|millis|milliseconds|kb|mb|percent|minutes|hours|gauge|counter|histogram|count|sum|bucket)(_|$)/,
    );
    if (/seconds/.test(name)) expect(name).toMatch(/_seconds(_total)?$/);
    expect(help).toMatch(/^[A-Z1].{15,}[^.]$/);
    for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
  });

  test("no label has a name without bounds", () => {
    const allowed =
      "fleet agent group criticality owner health verdict activity state topic pattern reason family component version node host runtime api outcome collector mode part name mount device unit job probe channel older newer work metric";
    expect(families.flatMap(({ labels }) => labels).filter((label) => !allowed.split(" ").includes(label))).toEqual([]);
  });

  test("an agent costs at most six series at any fleet size", () => {
    // Only a foreign agent has the seventh, and it has no counts of tasks: test/foreign-agents.test.ts.
    // Detailed ones are shown for a bounded number of agents: exporter/src/page.test.ts.
    const ofProtocol = families.filter(
      ({ name, labels, rows, detailed }) =>
        labels.includes("agent") && name !== "rollcall_agent_provable_rung" && !rows?.detailed && !detailed,
    );
    expect(ofProtocol.map(({ name }) => name)).toHaveLength(6);
  });
});

async function scrapeBlind(): Promise<string> {
  const page = new Page(families, { maxSeries: 1000, onFamilyProblem: () => undefined });
  return Buffer.concat((await page.write(blind)).parts).toString();
}

describe("a scrape before anything was read", () => {
  test("has series about the exporter only, and Prometheus' text format", async () => {
    const text = await scrapeBlind();
    expect(text).not.toMatch(/^rollcall_(agent|fleet|bus)/m);
    expect(text).toContain('rollcall_exporter_not_measuring{reason="starting"} 1');
    expect(text).toMatch(/rollcall_build_info\{component="exporter",version="1\.2\.3",node="[\d.]+"\} 1/);
    expect(text).toContain("# TYPE rollcall_bus_publish_to_handle_seconds histogram");
    expect(text).toMatch(/^rollcall_exporter_process_cpu_user_seconds_total/m);
  });
});
