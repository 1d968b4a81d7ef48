import { describe, expect, test } from "vitest";
import { eventually, OPS, stackUnderTest } from "./stack-under-test.ts";

const AGENT = "shipping";

interface OperationView {
  readonly id: string;
  readonly state: string;
  readonly ending: string | null;
  readonly targets: readonly { readonly stages: readonly { readonly name: string; readonly state: string }[] }[];
}

describe("the control service killed in mid-restart", () => {
  test("finishes the same operation in the same message after its own restart, with one effect", async () => {
    const stack = stackUnderTest();
    const before = stack.ledger(AGENT).filter((line) => line.kind === "started").length;
    // A hung loop makes the stop last five seconds: time enough to kill the control service in the middle.
    expect((await stack.command("drill", { fault: "hang", id: AGENT })).status).toBe(202);
    const key = "killed-in-mid-restart";
    const accepted = await eventually("the restart is accepted", async () => {
      const answer = await stack.command("restart", { who: [AGENT] }, key);
      return answer.status === 202 && answer;
    });
    const { operation } = accepted.body as { operation: OperationView };

    await eventually("the restart is under way", async () => {
      const { body } = await stack.api(`/api/v1/operations/${operation.id}`);
      const now = (body as { operation: OperationView }).operation;
      return now.targets[0]?.stages.some((stage) => stage.name === "sent" && stage.state === "done");
    });
    const message = await stack.slack.waitForMessage(
      OPS,
      (candidate) => JSON.stringify(candidate).includes(operation.id),
      { timeoutMs: 10_000 },
    );
    const victim = stack.pidOf("control service");
    process.kill(victim, "SIGKILL");
    expect(
      stack
        .ledger(AGENT)
        .filter((line) => line.kind === "started")
        .slice(before),
      "not started again yet",
    ).toEqual([]);

    const ended = await eventually("the operation has ended", async () => {
      const { body } = await stack.api(`/api/v1/operations/${operation.id}`);
      const now = (body as { operation: OperationView }).operation;
      return now.state === "ended" && now;
    });
    expect(ended.ending).toMatch(/recovered|done/);
    expect(stack.pidOf("control service")).not.toBe(victim);
    await stack.slack.waitForMessage(
      OPS,
      (candidate) => candidate.ts === message.ts && candidate.text.includes("recovered"),
      { timeoutMs: 30_000 },
    );
    const about = (await stack.slack.messages(OPS)).filter(
      (candidate) => candidate.thread_ts === null && JSON.stringify(candidate).includes(operation.id),
    );
    expect(about).toHaveLength(1);

    const started = stack
      .ledger(AGENT)
      .filter((line) => line.kind === "started")
      .slice(before);
    expect(started).toHaveLength(1);
    const repeated = await stack.command("restart", { who: [AGENT] }, key);
    expect((repeated.body as { operation: OperationView }).operation.id).toBe(operation.id);
    expect(
      stack
        .ledger(AGENT)
        .filter((line) => line.kind === "started")
        .slice(before),
    ).toHaveLength(1);
  });
});
