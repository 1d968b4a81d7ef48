import { randomUUID } from "node:crypto";
import type { ApiOperation } from "@rollcall/core/operation-contract.ts";
import { describe, expect, test } from "vitest";
import { eventually, OPS, stackUnderTest } from "./stack-under-test.ts";

const SECOND = "U0SECOND";
const GROUP = ["webhook-receiver", "crm-chat", "api-budget-keeper", "archive-writer"];
const WITHIN_MS = 240_000;

interface Planned {
  readonly plan: { readonly batches: readonly (readonly string[])[]; readonly secondPerson: { rule: string } | null };
  readonly confirm: { readonly token: string };
}

describe("a restart of a group", () => {
  test("is planned, confirmed, agreed to, done batch by batch and proven stage by stage", {
    timeout: WITHIN_MS,
  }, async () => {
    const stack = stackUnderTest();
    const startsOf = (agent: string): number => stack.ledger(agent).filter(({ kind }) => kind === "started").length;
    const before = GROUP.map(startsOf);
    const restart = async (body: object): Promise<{ status: number; body: unknown }> =>
      stack.api("/api/v1/commands/restart", { reason: "new release", ...body }, { "idempotency-key": randomUUID() });

    const shown = (await restart({ input: { who: ["@platform"] } })).body as Planned;
    const { batches, secondPerson } = shown.plan;
    expect(batches.flat().toSorted()).toEqual(GROUP.toSorted());
    expect(batches.length).toBeGreaterThan(1);
    expect(batches.at(-1), "who others stand under comes last").toContain("webhook-receiver");
    expect(secondPerson?.rule).toBe("many-agents");

    const { request } = (await restart({ confirm: shown.confirm.token })).body as { request: { id: string } };
    expect(GROUP.map(startsOf), "nothing has happened yet").toEqual(before);
    const again = await restart({ confirm: shown.confirm.token });
    expect([again.status, JSON.stringify(again.body)], "a used plan does nothing").toEqual([
      409,
      expect.stringContaining(request.id),
    ]);
    const card = await stack.slack.waitForMessage(OPS, ({ text }) => text.includes(`(${request.id})`));
    await stack.slack.click({ user: SECOND, channel: OPS, ts: card.ts, action_id: "do.approve.0" });

    const id = await eventually("it was agreed to", async () => {
      const { body } = await stack.api(`/api/v1/requests/${request.id}`);
      return (body as { request: { operationId: string | null } }).request.operationId;
    });
    const ended = await eventually(
      "it has ended",
      async () => {
        const { operation } = (await stack.api(`/api/v1/operations/${id}`)).body as { operation: ApiOperation };
        return operation.state === "ended" && operation;
      },
      WITHIN_MS,
    );
    expect(ended.ending).toBe("recovered");
    for (const { agent, stages } of ended.targets) {
      expect(
        stages.map(({ name }) => name),
        agent,
      ).toEqual(["sent", "stopped", "started", "working", "alert clear"]);
      for (const stage of stages.slice(0, 4)) expect(stage, `${agent} ${stage.name}`).toMatchObject({ state: "done" });
    }
    const spanOf = (batch: readonly string[]) => {
      const mine = ended.targets.filter(({ agent }) => batch.includes(agent));
      const times = mine.flatMap(({ stages }) => stages.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]));
      const known = times.filter((time) => time !== null);
      return { begun: Math.min(...known), over: Math.max(...known) };
    };
    for (const [place, batch] of batches.slice(1).entries())
      expect(spanOf(batch).begun, `batch ${place + 2} after the one before it`).toBeGreaterThanOrEqual(
        spanOf(batches[place] ?? []).over,
      );
    expect(GROUP.map(startsOf), "once each").toEqual(before.map((count) => count + 1));

    const its = new RegExp(`^@platform recovered in .+ \\(${id}\\)$`);
    await stack.slack.waitForMessage(OPS, ({ text }) => its.test(text), { timeoutMs: 60_000 });
    const about = (await stack.slack.messages(OPS)).filter(
      ({ text, thread_ts }) => thread_ts === null && text.includes(`(${id})`),
    );
    expect(about, "one message, edited to the end").toHaveLength(1);
  });
});
