import type { ReadCommand } from "@rollcall/core/command.ts";
import { named } from "@rollcall/core/command-fixture.ts";
import { operationOf } from "@rollcall/core/fake-agent-fixture.ts";
import { ReportStage } from "@rollcall/core/reports/report-fixture.ts";
import { describe, expect, test } from "vitest";
import { CARD_BLOCKS, CARD_CHARACTERS, countShown } from "./blocks.ts";
import { reportMessage } from "./report.ts";

/** A night in which everything happened, with names as long as they come in the sample fleet. */
function worstNight(): ReportStage {
  const stage = new ReportStage();
  const agents = ["content-orchestrator", "compliance-validator", "distribution-manager", "approval-guardian"];
  stage.alerts = Array.from({ length: 30 }, (_, index) =>
    stage.anAlert({
      id: `inc-${index}`,
      alertname: `ErrorBudgetBurnsFast${index}`,
      agents,
      resolvedAt: index < 3 ? null : stage.fleet.now,
    }),
  );
  stage.operations = Array.from({ length: 40 }, (_, index) =>
    stage.anOperation({
      id: `op-${index}`,
      command: `command-${index % 9}`,
      agents: agents.slice(0, 3),
      agentCount: 3,
      ending: "did-not-help",
    }),
  );
  stage.restarts = agents.map((agent) => ({ agent, helped: agent.startsWith("c"), seconds: 38 }));
  stage.refusals = ["role-operator", "second-person", "restart-budget", "scope"].map((rule) => ({ rule, count: 12 }));
  stage.measures({ coveredSeconds: 40_000, lowest: agents.slice(0, 3).map((agent) => ({ agent, working: 0.8712 })) });
  for (const id of stage.fleet.agents.keys()) {
    const agent = stage.fleet.agent(id);
    const desired = {
      state: "paused",
      by: "Operator on call",
      since: 0,
      reason: "r".repeat(200),
      until: stage.fleet.now,
    } as const;
    agent.expected = { ...agent.expected, desired };
  }
  const targets = agents.map((agent) => ({ agent, stages: [], memory: {}, ending: null }));
  stage.fleet.running.push({ ...operationOf(stage.fleet.now), targets });
  return stage;
}

describe("a report of the worst night", () => {
  test.each(["daily", "weekly", "monthly", "handover"])("%s is as short as a card", async (kind) => {
    const stage = worstNight();
    const report = await (named("report") as ReadCommand).run({ kind }, stage.fleet.reading());
    const { blocks } = reportMessage(report);
    expect(report.lines.length).toBeLessThanOrEqual(10);
    expect(blocks.length).toBeLessThanOrEqual(CARD_BLOCKS);
    expect(countShown(blocks)).toBeLessThanOrEqual(CARD_CHARACTERS);
  });
});
