import { describe, expect, test } from "vitest";
import { type Ending, plannedStages } from "./domain/operation.ts";
import { overallEnding, overallError } from "./operation-course.ts";

const target = (ending: Ending | null, agent = "billing", error: string | null = null) => ({
  agent,
  stages: plannedStages(["sent"]).map((stage) => ({ ...stage, error })),
  memory: {},
  ending,
});

describe("overallEnding", () => {
  test.each<[readonly (Ending | null)[], Ending]>([
    [["done"], "done"],
    [["recovered"], "recovered"],
    [["done", "recovered"], "recovered"],
    [["recovered", "did-not-help"], "partly"],
    [["done", "unknown"], "partly"],
    [["did-not-help", "did-not-come-back"], "did-not-come-back"],
    [["failed", "unknown"], "unknown"],
    [["failed", "cancelled"], "failed"],
    [[null], "unknown"],
    [["refused"], "refused"],
    [[], "done"],
  ])("%j ends as %s", (endings, overall) => {
    expect(overallEnding(endings.map((ending) => target(ending)))).toBe(overall);
  });
});

describe("overallError", () => {
  test("names the agent only where there are several", () => {
    expect(overallError([target("failed", "billing", "exit 1")])).toBe("exit 1");
    expect(overallError([target("done"), target("failed", "invoices", "exit 1")])).toBe("invoices: exit 1");
    expect(overallError([target("done")])).toBeNull();
  });
});
