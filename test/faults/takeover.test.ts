import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wishFor } from "../drills/crash-points/wishes.ts";
import { eventually } from "../store-fixture.ts";
import { type ControlPair, hang, onceEach, openControlPair, restartUnderWay } from "./control-pair.ts";

/** In front of the control service: at SIGUSR2 its event loop does nothing else for six seconds. */
const BLOCKED = `process.on("SIGUSR2", () => { const until = Date.now() + 6000; while (Date.now() < until); });`;
const AGENT = "shipping";
const NEIGHBOUR = "crm-chat";
let pair: ControlPair;

beforeAll(async () => {
  pair = await openControlPair([AGENT, NEIGHBOUR]);
  const [first] = await pair.start();
  for (const agent of [AGENT, NEIGHBOUR]) await pair.ended(await pair.tell(wishFor("start", [agent])), first);
}, 240_000);
afterAll(() => pair.close());

const effectsOf = async (operation: string): Promise<string[]> => (await pair.effects(operation)).toSorted();

describe("of two control services", () => {
  test("C1, C2: the one that carries out a restart is killed: the other takes over within 15 s and ends it, with one effect, in the same message", async () => {
    const [first] = await pair.start({ ROLLCALL_LEASE_SECONDS: "6" });
    const operation = await restartUnderWay(pair, AGENT, first);
    const { executor, other } = await pair.executorOf(operation);
    const { ts } = await pair.slack.waitForMessage("C0OPS", ({ text }) => text.includes(`(${operation})`));
    const killedAt = performance.now();
    await executor.close();
    await eventually(async () => (await pair.executorOf(operation)).executor === other, 60_000);
    expect(performance.now() - killedAt).toBeLessThan(15_000);
    expect(await pair.ended(operation, other)).toMatchObject({ ending: "recovered" });
    expect(await effectsOf(operation)).toEqual(onceEach(operation, AGENT));
    await pair.slack.waitForMessage("C0OPS", (one) => one.ts === ts && one.text.includes("recovered"), {
      timeoutMs: 60_000,
    });
    expect(await pair.messages(operation)).toHaveLength(1);
  }, 240_000);

  test("C3: one that was frozen in the middle wakes after the other has ended the restart, and changes nothing", async () => {
    const [first] = await pair.start();
    const operation = await restartUnderWay(pair, AGENT, first);
    const { executor, other } = await pair.executorOf(operation);
    executor.signal("SIGSTOP");
    expect(await pair.ended(operation, other)).toMatchObject({ ending: "recovered" });
    const revision = await pair.revisionOf(operation);
    executor.signal("SIGCONT");
    await executor.ready();
    // It carries out the next one: whatever it still had of the old one is behind it.
    await other.close();
    const next = await pair.tell(wishFor("restart", [AGENT]), executor);
    expect(await pair.ended(next, executor)).toMatchObject({ ending: "recovered" });
    expect(await pair.revisionOf(operation)).toBe(revision);
    expect(await effectsOf(operation)).toEqual(onceEach(operation, AGENT));
  }, 240_000);

  test("C4: one whose event loop is blocked loses its lease and its restart to the other; nothing happens twice", async () => {
    const [first] = await pair.start({ NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(BLOCKED)}` });
    const operation = await restartUnderWay(pair, AGENT, first);
    const { executor, other } = await pair.executorOf(operation);
    executor.signal("SIGUSR2");
    await eventually(async () => (await pair.executorOf(operation)).executor === other, 60_000);
    expect(await pair.ended(operation, other)).toMatchObject({ ending: "recovered" });
    await executor.ready();
    expect(await effectsOf(operation)).toEqual(onceEach(operation, AGENT));
  }, 240_000);

  test("C6: SIGTERM in the middle of restarts ends one within 10 s, and the other one ends them, each with one effect", async () => {
    const [first, second] = await pair.start();
    const operation = await restartUnderWay(pair, AGENT, first);
    const neighbour = await pair.tell(wishFor("restart", [NEIGHBOUR]), second);
    const { executor, other } = await pair.executorOf(operation);
    const toldAt = performance.now();
    await executor.close("SIGTERM");
    expect(performance.now() - toldAt).toBeLessThan(10_000);
    for (const one of [operation, neighbour]) {
      expect(await pair.ended(one, other)).toMatchObject({ ending: "recovered" });
    }
    expect(await effectsOf(operation)).toEqual(onceEach(operation, AGENT));
    expect(await effectsOf(neighbour)).toEqual(["start", "stop"].map((one) => `${neighbour}:${NEIGHBOUR}:${one}`));
  }, 240_000);

  test("both are told the same wish at the same moment: it is one operation with one effect", async () => {
    const both = await pair.start();
    const wish = wishFor("restart", [NEIGHBOUR]);
    const told = await Promise.all(both.map((control) => pair.tell(wish, control)));
    expect(new Set(told).size).toBe(1);
    const [operation = ""] = told;
    expect(await pair.ended(operation, both[0])).toMatchObject({ ending: "recovered" });
    expect(await effectsOf(operation)).toEqual(["start", "stop"].map((one) => `${operation}:${NEIGHBOUR}:${one}`));
  }, 240_000);

  test("the supervisor is silent past the deadline: the outcome is unknown, and becomes the truth in the same message when it can be asked", async () => {
    const [first] = await pair.start({ ROLLCALL_STAGE_DEADLINE_SECONDS: "1" });
    await hang(pair, AGENT, first);
    const restart = await pair.tell(wishFor("restart", [AGENT]), first);
    const stop = await pair.tell(wishFor("stop", [NEIGHBOUR]), first);
    await Promise.all([
      pair.untilEffect(AGENT, `${restart}:${AGENT}:stop`),
      pair.untilEffect(NEIGHBOUR, `${stop}:${NEIGHBOUR}:stop`),
    ]);
    pair.stage.supervisorChild.signal("SIGSTOP");
    for (const operation of [restart, stop]) {
      expect(await pair.ended(operation, first)).toMatchObject({ ending: "unknown" });
      await pair.slack.waitForMessage("C0OPS", ({ text }) => text.includes("still asking") && text.includes(operation));
    }
    pair.stage.supervisorChild.signal("SIGCONT");
    await eventually(async () => (await pair.messages(stop)).some((text) => text.includes("stopped")), 60_000);
    await eventually(async () => (await pair.messages(restart)).some((text) => text.includes("failed")), 60_000);
    expect(await pair.ended(stop, first)).toMatchObject({ ending: "done", error: null });
    expect(await pair.ended(restart, first)).toMatchObject({
      error: "it was not restarted: its work loop did not end, and it goes on",
    });
    for (const operation of [restart, stop]) expect(await pair.messages(operation)).toHaveLength(1);
    expect(await effectsOf(restart)).toEqual([`${restart}:${AGENT}:stop`]);
  }, 240_000);
});
