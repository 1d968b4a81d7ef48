import { createStage, type Stage } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { EXIT_FENCED } from "./agent.ts";
import { DECLARED } from "./sample/declared.ts";

const AGENT = "archive-writer";
let stage: Stage;
beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), { [AGENT]: DECLARED[AGENT] ?? { consumes: [], publishes: [] } });
});
afterAll(() => stage.close());

test("A3, A4: a frozen process wakes after another one has taken its id: it obeys nothing, writes over no beat, says so and exits", async () => {
  const frozen = stage.spawnSample(AGENT);
  const before = await stage.beatThat(AGENT, "the first process", () => true);
  frozen.child.kill("SIGSTOP");
  // For the frozen one, while it sleeps.
  const late = await stage.send(AGENT, "stop", { epoch: before.epoch, deadline: (await stage.now()) + 600_000 });
  const second = stage.spawnSample(AGENT);
  const after = await stage.beatThat(AGENT, "the second process", ({ epoch }) => epoch > before.epoch);
  expect(await stage.reply(late)).toMatchObject({ outcome: "refused", epoch: after.epoch });
  frozen.child.kill("SIGCONT");
  expect(await frozen.ended).toBe(EXIT_FENCED);
  expect(frozen.output()).toContain("a newer process runs as this agent");
  expect((await stage.ledger(AGENT)).filter(({ kind }) => kind === "applied")).toEqual([]);
  expect((await stage.beat(AGENT))?.epoch).toBe(after.epoch);
  second.child.kill("SIGTERM");
  expect(await second.ended).toBe(0);
}, 120_000);
