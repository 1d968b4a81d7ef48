import { beforeEach, describe, expect, test } from "vitest";
import type { ReadCommand } from "../command.ts";
import { named } from "../command-fixture.ts";
import { Failure } from "../domain/failure.ts";
import { ReportStage } from "./report-fixture.ts";

let stage: ReportStage;
beforeEach(() => {
  stage = new ReportStage();
});

describe("figures in a report", () => {
  test("stand beside what they were before, and what was not measured then is not told", async () => {
    stage.measures();
    const { fields, lines } = await stage.report("daily");
    expect(fields).toEqual([
      { name: "At work", value: "99.62 %, before 99.9 %" },
      { name: "Events handled", value: "345,000" },
      { name: "Failed", value: "0.1 %" },
      { name: "95 of 100 within", value: "38 ms" },
    ]);
    expect(lines.slice(1)).toEqual(["*Least at work* order-validator 98.2 %", "*Dead letters* 3"]);
  });

  test.each([
    [12, 345_000, "0.003 %"],
    [0, 345_000, "0 %"],
    [345, 655, "34.5 %"],
    [99_999, 1, "99.99 %"],
    [3, 0, "100 %"],
  ])("%i failed and %i handled are %s", async (failed, handled, words) => {
    stage.measures({ failed, handled });
    expect((await stage.report("daily")).fields[2]?.value).toBe(words);
  });

  test("that are not known are never 0", async () => {
    stage.measures({ working: null, handled: null, p95Seconds: null });
    const values = (await stage.report("daily")).fields.map(({ value }) => value);
    expect(values).toEqual([...["not measured, before 99.9 %", "not measured", "not measured", "not measured"]]);
  });

  test.each([
    [{ coveredSeconds: 3600 }, "Agents and events were measured for 60 min of 24 h"],
    [{ coveredSeconds: null }, "❔ Agents and events were not measured: the exporter was not read in this time"],
  ])("of only a part of the time say so: %j", async (more, line) => {
    stage.measures(more);
    expect((await stage.report("daily")).lines.at(-1)).toBe(line);
  });

  test("are left out, and the rest is told, while Prometheus does not answer", async () => {
    const period = () => Promise.reject(new Failure("unavailable", "Prometheus does not answer"));
    Object.assign(stage.fleet.ports, { figures: { period } });
    const { lines, fields } = await stage.report("daily");
    expect(fields).toEqual([]);
    expect(lines.at(-1)).toBe(
      "❔ Prometheus does not answer: agents and events are not known, and there is no picture",
    );
  });

  test("come with a picture that marks when the worst alerts began, none on the other", async () => {
    stage.measures();
    const began = (minutesAgo: number) => ({ openedAt: stage.fleet.now - minutesAgo * 60_000 });
    stage.alerts = [
      stage.anAlert(began(600)),
      stage.anAlert({ ...began(590), criticality: "P0", agents: ["billing"] }),
      stage.anAlert({ ...began(60), agents: [] }),
      stage.anAlert({ ...began(300), criticality: "P2" }),
    ];
    const { picture } = await (named("report") as ReadCommand).run({ kind: "daily" }, stage.fleet.reading());
    expect(picture?.path).toBe("/api/v1/reports/daily?format=png");
    expect(picture?.chart.title).toBe("The fleet, the last 24 hours");
    expect(picture?.chart.marks.map(({ words }) => words)).toEqual(["P0 billing", "P1"]);
  });
});
