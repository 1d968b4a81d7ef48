import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const POISON = 10_000;
const TOPIC = "poison.work";
const NEIGHBOUR = "neighbour.work";
const EATER = { consumes: [TOPIC, NEIGHBOUR], publishes: [] };

let stage: Stage;
beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), { eater: EATER });
});
afterAll(() => stage.close());

/** No two are alike: no JSON, another form, too deep, too long. */
function poisonOf(n: number): string {
  const kinds = [
    `{"n":${n}`,
    `${n}`,
    `{"specversion":"1.0","id":${n}}`,
    JSON.stringify({ specversion: "1.0", id: `${n}`, data: "\u0000\u202e".repeat(n % 50) }),
    `${"[".repeat(1 + (n % 2000))}`,
    n % 500 === 4 ? JSON.stringify({ text: "x".repeat(300_000) }) : `"${"\\u0000".repeat(n % 100)}`,
    `{"__proto__":{"n":${n}}}`,
  ];
  return kinds[n % kinds.length] ?? "";
}

describe("poison on a topic", () => {
  test("R13: 10,000 malformed messages are parked with their reasons; a neighbour is handled within 1 s meanwhile, and what stands behind them is not lost", async () => {
    const delays: number[] = [];
    const behind: unknown[] = [];
    await stage.start("eater", {
      ...EATER,
      handle: {
        [TOPIC]: ({ data }) => void behind.push(data.n),
        [NEIGHBOUR]: ({ data }) => void delays.push(Date.now() - Number(data.sentAt)),
      },
    });
    await stage.beatThat("eater", "its first", () => true);
    const stream = stage.keys.topic(TOPIC);
    for (let from = 0; from < POISON; from += 1000) {
      const pipeline = stage.admin.pipeline();
      for (let n = from; n < from + 1000; n += 1) pipeline.xadd(stream, "*", "e", poisonOf(n));
      await pipeline.exec();
    }
    await stage.publish(TOPIC, { n: "behind" });
    let sent = 0;
    for (; behind.length === 0 && sent < 2000; sent += 1) {
      await stage.publish(NEIGHBOUR, { sentAt: Date.now() });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(behind).toEqual(["behind"]);
    await until("all neighbours are handled", async () => delays.length === sent);
    expect(sent).toBeGreaterThan(10);
    expect(Math.max(...delays)).toBeLessThan(1000);
    const dead = stage.keys.deadLetters(TOPIC);
    await until("all are parked", async () => ((await stage.admin.xinfo("STREAM", dead)) as unknown[])[1] === POISON);
    await until("all are acknowledged", async () => (await stage.pending(stream, "eater")) === 0);
    const letters = await stage.deadLetters(TOPIC);
    expect(letters.every(({ reason }) => (reason ?? "").length > 0)).toBe(true);
    expect((await stage.ask("eater", "echo")).outcome).toBe("done");
  }, 60_000);
});
