import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { redisUsers } from "../adapters/redis/agent-access.ts";
import { connectRedis } from "../adapters/redis/connection.ts";
import { openEventBus } from "../adapters/redis/event-bus.ts";
import { replayLetter } from "../adapters/redis/replay-letter.ts";
import { lookAt, named, runOn } from "../command-fixture.ts";
import { parseCommandWords } from "../command-words.ts";
import type { Actor } from "../domain/actor.ts";
import { OPERATOR, targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { loadCommands } from "../load-commands.ts";
import { decide, rightsOf } from "../policy.ts";
import type { EventBus } from "../ports/event-bus.ts";
import { deriveRedisPassword } from "../protocol/seal.ts";
import { chooseForReplay, replayFirst } from "../replay-letters.ts";
import discard from "./discard.ts";

const TOPIC = "invoice.due";
let stage: Stage;
let events: EventBus & { close(): void };
let problem: string | null = null;
/** Which events it can handle in spite of the problem. */
let isWell: (n: number) => boolean = () => false;
const handled = { invoices: [] as unknown[], archive: [] as unknown[] };

beforeAll(async () => {
  const declared = { consumes: [TOPIC], publishes: [] };
  stage = await createStage(inject("redisUrl"), { invoices: declared, archive: declared });
  events = openEventBus({ url: await controlUrl(), fleet: stage.fleet });
  const take = ({ data }: { data: Record<string, unknown> }) => {
    if (problem !== null && !isWell(Number(data.n))) throw new Error(problem);
    handled.invoices.push(data.n);
  };
  await stage.start("invoices", { ...declared, handle: { [TOPIC]: take } });
  await stage.start("archive", { ...declared, handle: { [TOPIC]: ({ data }) => void handled.archive.push(data.n) } });
});
afterAll(async () => {
  events.close();
  await stage.close();
});

/** The bus as the control service reaches it: with the rights of its own Redis user and no more. */
async function controlUrl(): Promise<string> {
  const fleetKey = "a fleet key of at least 32 characters";
  const control = redisUsers({ fleet: stage.fleet, agents: [] }, fleetKey).find(({ name }) => name === "control");
  const name = `${stage.fleet}-control`;
  await stage.admin.call("ACL", "SETUSER", name, ...(control?.rules ?? []));
  const url = new URL(inject("redisUrl"));
  return Object.assign(url, { username: name, password: deriveRedisPassword(fleetKey, "control") }).href;
}

/** Three events that invoices cannot handle, and archive can. */
beforeEach(async () => {
  await stage.admin.del(stage.keys.deadLetters(TOPIC));
  problem = "vat_id is null";
  handled.invoices = [];
  handled.archive = [];
  for (const n of [1, 2, 3]) await stage.publish(TOPIC, { n });
  await until("three dead letters", async () => (await stage.deadLetters(TOPIC)).length === 3);
  await until("archive has them", async () => handled.archive.length === 3);
});

function fleet(): FakeFleet {
  const fake = new FakeFleet("invoices", "archive");
  for (const id of ["invoices", "archive"]) {
    fake.agent(id).expected = { ...fake.agent(id).expected, consumes: [TOPIC] };
  }
  const expected = fake.ports.registry.expected;
  fake.ports.registry.expected = async () => ({ ...(await expected()), topics: [TOPIC] });
  Object.assign(fake.ports, { events });
  return fake;
}

const lying = async () => (await events.readDeadLetters([TOPIC])).letters;

describe("dead-letters", () => {
  test("reasons come with counts, agent, topic and the newest", async () => {
    await stage.publishRaw(TOPIC, "{");
    await until("all are put aside", async () => (await stage.deadLetters(TOPIC)).length === 5);
    const { headline, lines, data } = await lookAt(fleet(), { name: "dead-letters", input: { who: ["invoices"] } });
    expect(headline).toBe("⚠️ *4 dead letters* — wait for a decision");
    expect(lines[0]).toMatch(/^\*3\* invoices · invoice.due · "vat_id is null" · newest \d+-\d+, T/);
    expect(lines[1]).toMatch(/^\*1\* invoices · invoice.due · "not JSON/);
    expect(data).toMatchObject({ reasons: [{ count: 3, newest: [{ attempts: 3 }, {}, {}] }, { count: 1 }] });
  });

  test("none is said so", async () => {
    const { headline } = await lookAt(fleet(), { name: "dead-letters", input: { who: ["archive"] } });
    expect(headline).toBe("🟢 *No dead letters*");
  });
});

describe("replay", () => {
  test("the first comes back with the same reason, and the rest is not tried", async () => {
    const { results, ending } = await runOn(fleet(), {
      name: "replay",
      agent: "invoices",
      input: { who: ["invoices"] },
    });
    expect(ending).toBe("did-not-help");
    expect(results.at(-1)?.error).toBe(
      "Replayed 1 of 3, it came back with the same reason — 2 not tried: vat_id is null",
    );
    expect(await lying()).toHaveLength(3);
  });

  test("when it stays down all are handled, by their agent alone, each once", async () => {
    problem = null;
    const { results, ending } = await runOn(fleet(), {
      name: "replay",
      agent: "invoices",
      input: { who: ["invoices"] },
    });
    expect([results.at(-1)?.detail, ending]).toEqual(["3 letters, none came back", "done"]);
    expect(handled.invoices.toSorted()).toEqual([1, 2, 3]);
    expect(await lying()).toEqual([]);
    await until("archive has passed them", async () => (await stage.pending(stage.keys.topic(TOPIC), "archive")) === 0);
    expect(handled.archive).toEqual([1, 2, 3]);
  });

  test.each(["first", "rest"])("stage %s that runs again after a crash hands out nothing twice", async (crash) => {
    problem = null;
    const input = { who: ["invoices"] };
    const id = `op-${crash}`;
    const { ending } = await runOn(fleet(), { id, name: "replay", agent: "invoices", input, crash });
    expect(ending).toBe("done");
    expect(handled.invoices.toSorted()).toEqual([1, 2, 3]);
  });

  test("a first that comes back is known to have come back, also after a crash in between", async () => {
    const input = { who: ["invoices"] };
    const { results, ending } = await runOn(fleet(), {
      ...{ id: "op-crash-back", name: "replay", agent: "invoices", input, crash: "first" },
    });
    expect(ending).toBe("did-not-help");
    expect(results.at(-1)?.error).toContain("it came back with the same reason — 2 not tried");
  });

  test("of the rest no more are handed out once some of a batch have come back", async () => {
    for (let n = 4; n <= 25; n += 1) await stage.publish(TOPIC, { n });
    await until("25 dead letters", async () => (await stage.deadLetters(TOPIC)).length === 25, 30);
    isWell = (n) => n === 1;
    try {
      const input = { who: ["invoices"] };
      const { results } = await runOn(fleet(), { id: "op-batch", name: "replay", agent: "invoices", input });
      expect(results.at(-1)?.error).toBe("Replayed 21 of 25, 20 did not stay down — 4 not tried: vat_id is null");
    } finally {
      isWell = () => false;
    }
    expect(handled.invoices).toEqual([1]);
    expect(await lying()).toHaveLength(24);
  }, 60_000);

  test("whoever looked at a letter and is then too late replays nothing", async () => {
    problem = null;
    const [letter] = await lying();
    if (letter === undefined) throw new Error("no letter");
    const since = await stage.now();
    const late = connectRedis({ url: inject("redisUrl"), name: "late" });
    const look = late.xrange.bind(late);
    let other: unknown = null;
    vi.spyOn(late, "xrange").mockImplementationOnce((async (key: string, from: string, to: string) => {
      const found = await look(key, from, to);
      other = await events.replay({ letter, mark: "op-quick:x", since });
      return found;
    }) as never);
    const fate = await replayLetter(late, stage.keys, { letter, mark: "op-late:x", since });
    late.disconnect();
    expect([other, fate]).toMatchObject([{ kind: "published" }, { kind: "gone" }]);
    await until("it is handled", async () => handled.invoices.length === 1);
  });

  test("of two who replay the same letter at once only one does", async () => {
    problem = null;
    const [letter] = await lying();
    if (letter === undefined) throw new Error("no letter");
    const other = openEventBus({ url: inject("redisUrl"), fleet: stage.fleet });
    const since = await stage.now();
    const both = [events, other].map((bus, index) => bus.replay({ letter, mark: `op-${index}:x`, since }));
    const kinds = (await Promise.all(both)).map(({ kind }) => kind);
    other.close();
    expect(kinds.toSorted()).toEqual(["gone", "published"]);
    await until("it is handled", async () => handled.invoices.length === 1);
  });

  test("only the named letter is replayed; one that nobody has is refused", async () => {
    problem = null;
    const [newest] = await lying();
    const input = { who: ["invoices"], messages: [newest?.id] };
    await runOn(fleet(), { name: "replay", agent: "invoices", input, id: "op-named" });
    expect(handled.invoices).toEqual([3]);
    const wrong = { who: ["invoices"], messages: ["1700000000000-0"] };
    const replay = named("replay");
    if (replay.kind !== "act") throw new Error("replay acts");
    await expect(replay.targets(wrong, fleet().reading())).rejects.toThrow(
      "1700000000000-0 is no dead letter of invoices.",
    );
    await expect(replay.targets({ who: ["archive"] }, fleet().reading())).rejects.toThrow(
      "No dead letter waits of archive.",
    );
  });

  test("what is no event cannot be replayed and keeps lying", async () => {
    await stage.admin.del(stage.keys.deadLetters(TOPIC));
    await stage.publishRaw(TOPIC, "{");
    await until("it is put aside", async () => (await lying()).length === 2);
    const { results } = await runOn(fleet(), { name: "replay", agent: "invoices", input: { who: ["invoices"] } });
    expect(results.at(-1)?.error).toBe(
      "Replayed 0 of 1: it is no event, so no agent can read it. It can only be discarded.",
    );
    expect(await lying()).toHaveLength(2);
  });

  test("an agent that does not take it is named, with what was not tried", async () => {
    const context = fleet().acting({ id: "op-late", input: { who: ["invoices"] } });
    const target = targetOf("invoices", (await chooseForReplay(targetOf("invoices"), context)).memory ?? {});
    const result = await replayFirst(target, context, { slackMs: -1_000_000, pollMs: 1 });
    expect(result.error).toMatch(/^Replayed 1 of 3, not handled after .* — 2 not tried/);
    await until("it is put aside again", async () => (await lying()).length === 3);
  });

  test("the ids behind the names are read as messages", async () => {
    const commands = await loadCommands();
    const { input } = parseCommandWords("replay invoices archive 1795142452000-0 1795142452000-1", commands);
    expect(input).toEqual({ who: ["invoices", "archive"], messages: ["1795142452000-0", "1795142452000-1"] });
  });
});

describe("discard", () => {
  const question = (actor: Actor) =>
    decide({
      ...{ actor, command: named("discard"), ...rightsOf(fleet().ports) },
      scope: { targets: [fleet().agent("invoices").expected], fleetSize: 22, secondPerson: null },
    });

  test("needs an admin, and of an admin a second person", () => {
    expect(question(OPERATOR)).toMatchObject({ allowed: false, rule: "role-admin" });
    expect(question({ ...OPERATOR, role: "admin" })).toMatchObject({
      ...{ allowed: false, rule: "danger-3", why: expect.stringMatching(/^discard cannot be undone/) },
    });
  });

  test("takes the named letters off, and says so of a repeat too", async () => {
    const [newest] = await lying();
    const input = { who: ["invoices"], messages: [newest?.id] };
    const crash = "discarded";
    expect((await runOn(fleet(), { name: "discard", agent: "invoices", input, crash })).ending).toBe("done");
    expect((await lying()).map(({ id }) => id)).not.toContain(newest?.id);
    expect(await lying()).toHaveLength(2);
  });

  test("whose outcome is not known is found out by what still lies there", async () => {
    const [newest] = await lying();
    const operation = { input: { who: ["invoices"], messages: [newest?.id] } };
    const ask = () => discard.findOut(targetOf("invoices"), fleet().acting(operation));
    expect(await ask()).toMatchObject({ ending: "failed", error: "one of them is still there" });
    await runOn(fleet(), { name: "discard", agent: "invoices", input: operation.input });
    expect(await ask()).toMatchObject({ ending: "done", detail: "none of them is there any more" });
  });

  test("wants each letter named", async () => {
    await expect(discard.targets({ who: ["invoices"] }, fleet().reading())).rejects.toThrow("Discard which?");
  });
});
