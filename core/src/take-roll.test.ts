import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { openFleetBus } from "./adapters/redis/fleet-bus.ts";
import { beatOf, type FakeAgent } from "./fake-agent-fixture.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import type { FleetSight } from "./observe-fleet.ts";
import type { FleetBus } from "./ports/fleet.ts";
import { openBroadcasts, publicBroadcastKey } from "./protocol/broadcast-seal.ts";
import { keysOf } from "./protocol/keys.ts";
import { deriveAgentKey, openSeal, seal } from "./protocol/seal.ts";
import { type ControlMessage, type ControlReply, PROTOCOL_VERSION } from "./protocol.ts";
import { type RollOptions, takeRoll } from "./take-roll.ts";

const fleetKey = "a fleet key of at least 32 characters";
const LIMITS = { echoMs: 1500, firstCanaryMs: 1500, canaryMs: 4000 };
const PATIENT = { echoMs: 20_000, firstCanaryMs: 20_000, canaryMs: 40_000 };

let bus: ReturnType<typeof openFleetBus>;
const name = `roll-${randomUUID().slice(0, 8)}`;
beforeAll(() => {
  bus = openFleetBus({ url: inject("redisUrl"), fleet: name, fleetKey });
});
afterAll(() => bus.close());

/** Agents in this process that beat and answer over the real Redis, as far as their switches let them. */
class SimulatedFleet {
  readonly fake: FakeFleet;
  readonly #redis = new Redis(inject("redisUrl"));
  readonly #reader = new Redis(inject("redisUrl"));
  readonly #keys = keysOf(name);
  #counter = Date.now();
  readonly #listener = new Redis(inject("redisUrl"));
  readonly #openBroadcast = openBroadcasts(publicBroadcastKey(fleetKey));
  #isClosed = false;
  /** Whoever listens to broadcasts says so in its beat. */
  readonly listeners = new Set<string>();
  /** How each was called: `canary by inbox`. */
  readonly calls = new Map<string, string[]>();
  /** What an agent says instead of the truth. */
  forge: ((reply: ControlReply) => { agent: string; sealed: string }) | null = null;

  constructor(...ids: string[]) {
    this.fake = new FakeFleet(...ids);
  }

  get sight(): FleetSight {
    const { registry, supervisor, clock } = this.fake.ports;
    return {
      registry: { expected: async () => ({ ...(await registry.expected()), fleet: name }) },
      bus,
      supervisor,
      clock,
    };
  }

  async open(): Promise<void> {
    const ids = [...this.fake.agents.keys()];
    await this.#redis.del(this.#keys.presence, ...ids.map((id) => this.#keys.inbox(id)));
    await bus.markCanaryRound();
    await this.beat();
    void this.#answer(ids);
    void this.#answerBroadcasts(ids, await bus.now());
  }

  async beat(): Promise<void> {
    const now = await bus.now();
    this.fake.now = now;
    for (const agent of this.fake.agents.values()) {
      this.#counter += 1;
      const { id } = agent.expected;
      const broadcastReadAt = this.listeners.has(id) ? now : undefined;
      const beat = beatOf(agent, now);
      const own = { ...beat, broadcastReadAt, epoch: 5, counter: this.#counter };
      const sealed = seal(deriveAgentKey(fleetKey, id), own);
      if (beat !== null) await this.#redis.hset(this.#keys.presence, agent.expected.id, sealed);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#redis.disconnect();
    this.#reader.disconnect();
    this.#listener.disconnect();
  }

  async #answer(ids: readonly string[]): Promise<void> {
    const last = new Map(ids.map((id) => [this.#keys.inbox(id), "0-0"]));
    while (!this.#isClosed) {
      const found = await this.#reader
        .xread("BLOCK", 500, "STREAMS", ...last.keys(), ...last.values())
        .catch(() => null);
      for (const [stream, entries] of found ?? []) {
        const agent = this.fake.agent(ids.find((id) => this.#keys.inbox(id) === stream) ?? "");
        for (const [id, fields] of entries) {
          last.set(stream, id);
          await this.#take(agent, fields[1] ?? "").catch(() => undefined);
        }
      }
    }
  }

  async #answerBroadcasts(ids: readonly string[], since: number): Promise<void> {
    for (let last = `${since}-0`; !this.#isClosed; ) {
      const found = await this.#listener.xread("BLOCK", 500, "STREAMS", this.#keys.broadcast, last).catch(() => null);
      for (const [id, fields] of found?.[0]?.[1] ?? []) {
        last = id;
        const message = JSON.parse(this.#openBroadcast(fields[1] ?? "") ?? "") as ControlMessage;
        for (const one of ids.filter((agent) => this.listeners.has(agent))) {
          await this.#obey(this.fake.agent(one), message, "broadcast");
        }
      }
    }
  }

  async #take(agent: FakeAgent, sealed: string): Promise<void> {
    const json = openSeal(deriveAgentKey(fleetKey, agent.expected.id), sealed);
    await this.#obey(agent, JSON.parse(json ?? "") as ControlMessage, "inbox");
  }

  async #obey(agent: FakeAgent, message: ControlMessage, way: string): Promise<void> {
    const { id } = agent.expected;
    this.calls.set(id, [...(this.calls.get(id) ?? []), `${message.kind} by ${way}`]);
    if (!agent.answersEcho || agent.state !== "running" || (message.kind === "canary" && !agent.takesCanary)) return;
    const reply: ControlReply = {
      ...{ v: PROTOCOL_VERSION, id: message.id, agent: id, epoch: 5, at: 1, outcome: "done", detail: null },
      ...{ nonce: message.args.nonce ?? null, waitedMs: 0, tookMs: 0 },
    };
    const said = this.forge?.(reply) ?? { agent: id, sealed: seal(deriveAgentKey(fleetKey, id), reply) };
    await this.#redis.xadd(message.replyTo ?? "", "*", "agent", said.agent, "m", said.sealed);
  }
}

let fleet: SimulatedFleet;
async function open(...ids: string[]): Promise<SimulatedFleet> {
  fleet = new SimulatedFleet(...ids);
  return fleet;
}
beforeEach(() => () => fleet.close());

async function call(limits: RollOptions = LIMITS) {
  await fleet.open();
  const { agents } = await fleet.fake.ports.registry.expected();
  const roll = await takeRoll(fleet.sight, agents, limits);
  return {
    roll,
    verdicts: Object.fromEntries(roll.agents.map(({ expected, judgement }) => [expected.id, judgement.verdict])),
  };
}

describe("takeRoll", () => {
  test("all 22 answer, and nobody waits for anybody", async () => {
    const ids = Array.from({ length: 22 }, (_, index) => `agent-${index}`);
    await open(...ids);
    const { roll, verdicts } = await call(PATIENT);
    expect(verdicts).toEqual(Object.fromEntries(ids.map((id) => [id, "working"])));
    expect(roll.tookMs).toBeLessThan(PATIENT.echoMs);
  });

  test("most of a fleet is called by one broadcast, and through the inbox only who does not listen to it", async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `agent-${index}`);
    await open(...ids, "old", "deaf");
    for (const id of [...ids, "deaf"]) fleet.listeners.add(id);
    fleet.fake.agent("deaf").answersEcho = false;
    const { verdicts } = await call();
    expect(verdicts).toEqual({ ...Object.fromEntries([...ids, "old"].map((id) => [id, "working"])), deaf: "deaf" });
    expect(Object.fromEntries(fleet.calls)).toEqual({
      ...Object.fromEntries(ids.map((id) => [id, ["canary by broadcast"]])),
      old: ["canary by inbox"],
      deaf: ["canary by broadcast", "echo by inbox"],
    });
  });

  test("tells who has answered and who has not while it waits", async () => {
    await open("works", "deaf");
    fleet.fake.agent("deaf").answersEcho = false;
    const told: (readonly string[])[] = [];
    await call({ ...LIMITS, watch: ({ waitingFor }) => void told.push(waitingFor) });
    expect(told.at(-1)).toEqual(["deaf"]);
  });

  test("a part of a fleet is called through its inboxes", async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `agent-${index}`);
    await open(...ids);
    for (const id of ids) fleet.listeners.add(id);
    await fleet.open();
    const { agents } = await fleet.fake.ports.registry.expected();
    const roll = await takeRoll(fleet.sight, agents.slice(0, 9), PATIENT);
    expect(roll.agents.map(({ judgement }) => judgement.verdict)).toEqual(Array(9).fill("working"));
    expect([...fleet.calls.values()].flat()).toEqual(Array(9).fill("canary by inbox"));
  });

  test("each sick one is told apart, and those that work are not held up by them", async () => {
    await open("works", "gone", "silent", "missing", "deaf", "hangs", "busy", "stopped");
    const { fake } = fleet;
    fake.kill("gone");
    fake.agent("silent").beatAgeMs = 60_000;
    Object.assign(fake.agent("missing"), { beatAgeMs: null, state: "never-started" });
    fake.agent("deaf").answersEcho = false;
    fake.agent("hangs").takesCanary = false;
    const busy = fake.agent("busy");
    busy.expected = { ...busy.expected, normalSeconds: 400 };
    Object.assign(busy, { takesCanary: false, beat: { inFlight: 1, oldestInFlightAt: Date.now() - 31_000 } });
    await fake.ports.registry.setDesired(["stopped"], { state: "stopped", by: "operator", since: 1, reason: null });
    fake.kill("stopped");
    const { verdicts } = await call();
    expect(verdicts).toEqual({
      ...{ works: "working", gone: "gone", silent: "silent", missing: "missing", deaf: "deaf", stopped: "stopped" },
      ...{ hangs: "alive but not consuming", busy: "busy" },
    });
  });

  test("an agent that died a moment ago is gone, though its last beat is fresh", async () => {
    await open("works", "gone");
    fleet.fake.kill("gone", 137, 1000);
    expect((await call()).verdicts).toEqual({ works: "working", gone: "gone" });
  });

  test("nobody waits for a loop that is known to hang", async () => {
    await open("works", "hangs");
    const canary = { handledAt: null, tookMs: null, waitingSince: Date.now() - 60_000 };
    Object.assign(fleet.fake.agent("hangs"), { takesCanary: false, beat: { canary } });
    const { roll, verdicts } = await call({ ...LIMITS, canaryMs: 60_000 });
    expect(verdicts.hangs).toBe("alive but not consuming");
    expect(roll.tookMs).toBeLessThan(20_000);
  });

  test("a beat that comes during the call explains a silent loop", async () => {
    await open("busy");
    const busy = fleet.fake.agent("busy");
    busy.expected = { ...busy.expected, normalSeconds: 400 };
    busy.takesCanary = false;
    const called = call();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    busy.beat = { inFlight: 1, oldestInFlightAt: Date.now() - 3000 };
    await fleet.beat();
    expect((await called).verdicts).toEqual({ busy: "busy" });
  });

  test.each([
    [
      "sealed by another agent",
      (reply: ControlReply) => ({ agent: reply.agent, sealed: seal(deriveAgentKey(fleetKey, "thief"), reply) }),
    ],
    [
      "with another nonce",
      (reply: ControlReply) => ({
        agent: reply.agent,
        sealed: seal(deriveAgentKey(fleetKey, reply.agent), { ...reply, nonce: "x" }),
      }),
    ],
  ])("an answer %s proves nothing", async (_, forge) => {
    await open("victim");
    fleet.forge = forge;
    expect((await call()).verdicts).toEqual({ victim: "deaf" });
  });

  test("with Redis away, nobody is called and nobody is blamed", async () => {
    await open("works");
    const away = openFleetBus({ url: "redis://127.0.0.1:1", fleet: name, fleetKey });
    try {
      const { agents } = await fleet.fake.ports.registry.expected();
      const roll = await takeRoll({ ...fleet.sight, bus: away }, agents, LIMITS);
      expect(roll.agents[0]?.judgement.verdict).toBe("unknown");
      expect(roll.problems).toEqual(["Redis does not answer"]);
    } finally {
      away.close();
    }
  });

  test("Redis that goes away during the call is told, and what was seen before stays", async () => {
    await open("works");
    await fleet.open();
    const { agents } = await fleet.fake.ports.registry.expected();
    const breaking: FleetBus = {
      ...{ now: () => bus.now(), readFleet: () => bus.readFleet(), publishFleet: (one) => bus.publishFleet(one) },
      ...{
        readPresence: (ids) => bus.readPresence(ids),
        readMapped: (ids) => bus.readMapped(ids),
        markProcesses: (up) => bus.markProcesses(up),
      },
      ...{ readCanaryRound: () => bus.readCanaryRound() },
      ...{
        trimInboxes: async () => 0,
        ...{ markCanaryRound: () => bus.markCanaryRound(), markPlannedWork: (works) => bus.markPlannedWork(works) },
        broadcast: (message, agents) => bus.broadcast(message, agents),
        readWaiting: (id) => bus.readWaiting(id),
      },
      send: () => fleet.fake.ports.bus.send([]),
      collectReplies: async () => {
        fleet.fake.away.add("redis");
        await fleet.fake.ports.bus.now();
        return [];
      },
    };
    const roll = await takeRoll({ ...fleet.sight, bus: breaking }, agents, LIMITS);
    expect(roll.problems).toEqual(["Redis does not answer"]);
    expect(roll.agents[0]?.judgement.verdict).toBe("working");
  });
});
