import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createStage, type Stage } from "../agent-stage.ts";
import { checkAgent } from "./check-agent.ts";

const IDLER = { consumes: [], publishes: [] };
const FLEET_KEY = "a fleet key of at least 32 characters";
const root = join(import.meta.dirname, "../..");
/** Rules that can be broken side by side; a beat that cannot be read proves nothing about what stands in it. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  "wrong-voice": ["counter", "clock", "score", "epoch", "inbox-read", "canary-told"],
  "wrong-beat": ["later-minor", "form", "unsigned", "unknown-kind", "other-version", "acked", "answer-expiry"],
  "wrong-seal": ["seal", "expired", "epoch-fence", "unknown-fault", "repeat"],
  "wrong-words": ["declared", "subscriptions", "echo", "canary", "cadence"],
  "wrong-answers": ["beat", "answer-seal"],
  "wrong-group": ["inbox-group", "broadcast"],
  // It says that it knows orders, and obeys each of them.
  "wrong-trust": ["broadcast-seal", "order-expired", "order-fence", "unknown-run", "own-probe", "held"],
  // It reads one topic of its pattern, and looks for no other.
  "wrong-reader": ["probe", "poison", "new-topic"],
};
let stage: Stage;
const children: ChildProcess[] = [];

beforeAll(async () => {
  const read = { consumes: ["never.read"], publishes: [] };
  const gossip = { consumes: ["gossip.*"], publishes: [] };
  const special: Record<string, typeof read> = { "wrong-words": read, "wrong-reader": gossip };
  const names = Object.keys(WRONG).map((name) => [name, special[name] ?? IDLER]);
  stage = await createStage(inject("redisUrl"), {
    good: { consumes: ["stock.*"], publishes: [] },
    "hand-written": { consumes: ["gossip.known"], publishes: [] },
    ...Object.fromEntries(names),
  });
  await stage.admin.set(stage.keys.fleet, JSON.stringify({ ...compiled("wrong-words", "good"), fleet: stage.fleet }));
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await stage.close();
});

const compiled = (...agents: string[]) => ({
  v: 1,
  version: 1,
  at: 0,
  topics: ["stock.reserved", "gossip.known"],
  agents: agents.map((id) => ({
    id,
    group: "tests",
    parent: null,
    does: "is checked",
    labels: {},
    criticality: "P3",
    owner: "tests",
    runbook: null,
    consequence: "none",
    normalSeconds: 1,
    consumes: id === "good" ? ["stock.*"] : [],
    publishes: [],
    runtime: { kind: "process", name: id },
    desired: { state: "running", by: null, since: null, reason: null },
  })),
});

function spawnHandWritten(agent: string, wrong: readonly string[]): void {
  const { redisUrl, key, broadcastKey = "" } = stage.config(agent);
  const hears = ["hand-written", "wrong-group", "wrong-trust"].includes(agent);
  const consumes = { "hand-written": "gossip.known", "wrong-reader": "gossip.*" }[agent] ?? "";
  const env = {
    ...{ PATH: process.env.PATH, AGENT: agent, FLEET: stage.fleet, KEY: key, REDIS_URL: redisUrl },
    ...{ PUBLIC_KEY: hears ? broadcastKey : "", TOPIC: consumes === "" ? "" : "gossip.known", CONSUMES: consumes },
  };
  const file = join(import.meta.dirname, "hand-written-agent.ts");
  children.push(spawn(process.execPath, [file], { env: { ...env, WRONG: wrong.join(",") }, stdio: "ignore" }));
}

const check = (agent: string, mayPublish = false) =>
  checkAgent({ redis: stage.admin, fleet: stage.fleet, agent, fleetKey: FLEET_KEY }, mayPublish);

describe("checkAgent", () => {
  test("an agent of the SDK, and one written by hand from the page, break no rule; each broken rule is named", async () => {
    await stage.start("good", { consumes: ["stock.*"], publishes: [], handle: { "stock.*": () => undefined } });
    spawnHandWritten("hand-written", []);
    for (const [agent, wrong] of Object.entries(WRONG)) spawnHandWritten(agent, wrong);
    for (const agent of ["hand-written", ...Object.keys(WRONG)]) {
      await expect.poll(() => stage.admin.exists(stage.keys.inbox(agent)), { timeout: 15_000 }).toBe(1);
    }
    const names = ["good", "hand-written", ...Object.keys(WRONG)];
    const all = await Promise.all(names.map((name) => check(name, ["good", "hand-written"].includes(name))));
    // Not beside the good one, because both add a topic to the compiled fleet.
    all[names.indexOf("wrong-reader")] = await check("wrong-reader", true);
    const byAgent = Object.fromEntries(names.map((name, index) => [name, all[index] ?? []]));
    const failedOf = (name: string) => byAgent[name]?.filter(({ outcome }) => outcome === "failed") ?? [];
    expect(failedOf("good")).toEqual([]);
    expect(failedOf("hand-written")).toEqual([]);
    expect(byAgent.good?.filter(({ outcome }) => outcome === "not provable")).toEqual([]);
    for (const [agent, wrong] of Object.entries(WRONG)) {
      const named = failedOf(agent).map(({ rule }) => rule);
      expect(named, agent).toEqual(expect.arrayContaining([...wrong]));
    }
    // Each rule was broken by one of them, so none of them passes whatever comes.
    const rules = new Set(byAgent.good?.map(({ rule }) => rule));
    const broken = new Set(Object.values(WRONG).flat());
    expect([...rules].filter((rule) => !broken.has(rule))).toEqual(["still-there"]);
    const page = readFileSync(join(root, "docs/protocol.md"), "utf8");
    expect([...rules].filter((rule) => !page.includes(`\`${rule}\``))).toEqual([]);
  }, 180_000);
});

describe("npm run conformance", () => {
  const run = (args: string[], environment: Record<string, string>) =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, "launch.mjs"), ...args], {
        env: { PATH: process.env.PATH, ...environment },
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
      child.once("close", (code) => resolve({ code, output }));
    });
  const access = { REDIS_URL: inject("redisUrl"), ROLLCALL_FLEET_KEY: FLEET_KEY };

  test("ends with one plain line and a code that says the same", async () => {
    const { code, output } = await run(["--agent", "nobody-there", "--fleet", stage.fleet], access);
    expect(output).toMatch(/^✗ beat +nobody-there has left no trace/m);
    expect(output.trim().split("\n").at(-1)).toMatch(/^conformance: \d+ passed, [1-9]\d* failed$/);
    expect(code).toBe(1);
    expect(await stage.admin.exists(stage.keys.inbox("nobody-there"))).toBe(0);
  });

  test.each([
    { what: "no agent", args: [], redis: undefined, words: /--agent must be a name/ },
    { what: "an option that is none", args: ["--agent", "a", "--force"], redis: undefined, words: /--force/ },
    { what: "a Redis that is away", args: ["--agent", "a"], redis: "redis://127.0.0.1:1", words: /does not let us in/ },
  ])("with $what it says so and ends with 2", async ({ args, redis, words }) => {
    const { code, output } = await run(args, redis === undefined ? access : { ...access, REDIS_URL: redis });
    expect(output).toMatch(words);
    expect(code).toBe(2);
  });

  test("--help says what it does, and where it looks", async () => {
    const { code, output } = await run(["--help"], {});
    expect(output).toMatch(/REDIS_URL with ROLLCALL_FLEET_KEY/);
    expect(code).toBe(0);
  });
});
