import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFailure } from "./domain/failure.ts";
import { compileFleet, readFleetFile } from "./fleet-file.ts";
import { compiledFleet } from "./protocol.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleet-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function problemsOf(text: string): Promise<string[]> {
  const path = join(folder, "fleet.yaml");
  await writeFile(path, text);
  const error = await readFleetFile(path).then(
    () => null,
    (caught: unknown) => caught,
  );
  if (error === null) return [];
  if (!isFailure(error)) throw error;
  expect(error.code).toBe("invalid_input");
  return error.message.split("\n").slice(1);
}

const agent = (id: string, more = ""): string =>
  `  - { id: ${id}, group: orders, does: works, criticality: P1, consequence: nothing goes on, normalSeconds: 2${more} }\n`;
const fleet = (...agents: string[]): string => `fleet: demo\nagents:\n${agents.join("")}`;

describe("readFleetFile", () => {
  test("reads the sample fleet of 22", async () => {
    const file = await readFleetFile(join(import.meta.dirname, "../../fleet.yaml"));
    expect(file.agents).toHaveLength(22);
    expect(file.agents.find(({ id }) => id === "billing")).toMatchObject({
      owner: "payments",
      parent: "order-orchestrator",
    });
  });

  test("fills in group as owner, no parent, and a process of the same name", async () => {
    const path = join(folder, "defaults.yaml");
    await writeFile(path, fleet(agent("billing")));
    expect((await readFleetFile(path)).agents[0]).toMatchObject({
      owner: "orders",
      parent: null,
      runbook: null,
      labels: {},
      consumes: [],
      publishes: [],
      runtime: { kind: "process", name: "billing" },
    });
  });

  test.each([
    [", exempt: true", { exempt: "true" }],
    [", exempt: true, labels: { tier: one }", { tier: "one", exempt: "true" }],
    [", exempt: false", {}],
    ["", {}],
  ])("an agent with %j is known to freezes by its labels: %j", async (more, labels) => {
    const path = join(folder, "exempt.yaml");
    await writeFile(path, fleet(agent("a", more)));
    const [only] = (await readFleetFile(path)).agents;
    expect(only?.labels).toEqual(labels);
    expect(only).not.toHaveProperty("exempt");
  });

  test("a minimum of a group is in the list that everyone reads", async () => {
    const path = join(folder, "minimums.yaml");
    await writeFile(path, `${fleet(agent("a"), agent("b"))}minimums: { orders: 1 }\n`);
    const compiled = compileFleet(await readFleetFile(path), new Map(), { version: 1, now: 1 });
    expect(compiledFleet.parse(compiled).minimums).toEqual({ orders: 1 });
  });

  test("a file that is not there is named", async () => {
    await expect(readFleetFile("/nowhere/fleet.yaml")).rejects.toThrow("/nowhere/fleet.yaml: there is no such file");
  });

  test.each([
    [
      "a wrong criticality",
      fleet(agent("a"), agent("b").replace("P1", "P9")),
      'fleet.yaml:4: agents[1].criticality: found "P9", allowed: P0, P1, P2, P3',
    ],
    [
      "an unknown field",
      fleet(agent("a", ", onwer: x")),
      "fleet.yaml:3: agents[0].onwer: found an unknown field, allowed: id, group, parent, does, labels, criticality, owner",
    ],
    [
      "a missing field",
      "fleet: demo\nagents:\n  - id: a\n    group: orders\n",
      "fleet.yaml:3: agents[0].does: missing, allowed: string",
    ],
    [
      "a name that needs escaping",
      fleet(agent("Billing")),
      'fleet.yaml:3: agents[0].id: found "Billing", allowed: a-z, 0-9 and -, at most 63 characters',
    ],
    [
      "a negative time",
      fleet(agent("a").replace("normalSeconds: 2", "normalSeconds: -2")),
      "fleet.yaml:3: agents[0].normalSeconds: found -2, allowed: at least 0",
    ],
    ["too long a sentence", fleet(agent("a").replace("works", "w".repeat(201))), "allowed: at most 200"],
    ["no agents", "fleet: demo\nagents: []\n", "fleet.yaml:2: agents: found [], allowed: at least 1"],
    ["text for a list", "fleet: demo\nagents: billing\n", 'fleet.yaml:2: agents: found "billing", allowed: array'],
    ["an empty file", "", "fleet.yaml:1: found null, allowed: object"],
    ["a tab for an indent", "fleet: demo\nagents:\n\t- id: a\n", "fleet.yaml:3"],
    ["a field said twice", "fleet: demo\nfleet: other\nagents: []\n", "fleet.yaml:2: Map keys must be unique"],
    [
      "an id said twice",
      fleet(agent("a"), agent("a")),
      'fleet.yaml:4: agents[1].id: found "a" again, it is agents[0] already',
    ],
    [
      "an unknown parent",
      fleet(agent("a", ", parent: boss")),
      'fleet.yaml:3: agents[0].parent: found "boss", which is no agent',
    ],
    ["its own parent", fleet(agent("a", ", parent: a")), "fleet.yaml:3: agents[0].parent: found a circle a → a"],
    ["a circle of parents", fleet(agent("a", ", parent: b"), agent("b", ", parent: a")), "found a circle a → b → a"],
    [
      "a topic that nobody publishes",
      fleet(agent("a", ", consumes: [orders.recieved]")),
      'fleet.yaml:3: agents[0].consumes[0]: found "orders.recieved", which nobody publishes',
    ],
    [
      "a minimum of a group that is not there",
      `${fleet(agent("a"), agent("b"))}minimums: { order: 1 }\n`,
      'fleet.yaml:5: minimums.order: found "order", which is no group; allowed: a group of an agent',
    ],
    [
      "a minimum that lets nobody be restarted",
      `${fleet(agent("a"), agent("b"))}minimums: { orders: 2 }\n`,
      "fleet.yaml:5: minimums.orders: found 2 of a group of 2; allowed: at most 1, so that one can be restarted",
    ],
    [
      "an unknown presence",
      fleet(agent("a", ", presence: systemd")),
      'agents[0].presence: found "systemd", allowed: supervisor, heartbeat',
    ],
    [
      "a mapped heartbeat that stands nowhere",
      fleet(agent("a", ", presence: heartbeat")),
      'agents[0].presence: found "heartbeat" without saying where it stands; allowed: a heartbeat beside it',
    ],
    [
      "a heartbeat beside another presence",
      fleet(agent("a", ", presence: supervisor, heartbeat: { key: k, time: iso, maxAgeSeconds: 9 }")),
      "agents[0].heartbeat: found with presence: supervisor; allowed: only with presence: heartbeat",
    ],
    [
      "a heartbeat in an unknown unit",
      fleet(agent("a", ", presence: heartbeat, heartbeat: { key: k, time: hours, maxAgeSeconds: 9 }")),
      'agents[0].heartbeat.time: found "hours", allowed: seconds, milliseconds, iso',
    ],
    [
      "a heartbeat among the fleet's own keys",
      fleet(agent("a", ', presence: heartbeat, heartbeat: { key: "rc:{demo}:beats", time: iso, maxAgeSeconds: 9 }')),
      'agents[0].heartbeat.key: found "rc:{demo}:beats", allowed: letters, digits and _.:/{}@-, at most 200',
    ],
    [
      "a heartbeat whose key would widen Redis' access rules",
      fleet(agent("a", ', presence: heartbeat, heartbeat: { key: "x) ~* +@all", time: iso, maxAgeSeconds: 9 }')),
      'agents[0].heartbeat.key: found "x) ~* +@all", allowed: letters, digits',
    ],
    [
      "a heartbeat that may be a day and a second old",
      fleet(agent("a", ", presence: heartbeat, heartbeat: { key: k, time: iso, maxAgeSeconds: 86401 }")),
      "agents[0].heartbeat.maxAgeSeconds: found 86401, allowed: at most 86400",
    ],
  ])("refuses %s with its line", async (_, text, expected) => {
    expect((await problemsOf(text)).join("\n")).toContain(expected);
  });

  test("names all problems at once", async () => {
    const problems = await problemsOf(fleet(agent("a").replace("P1", "P9"), agent("B"), agent("c", ", wrong: 1")));
    expect(problems.map((line) => line.split(": ")[0])).toEqual(["fleet.yaml:3", "fleet.yaml:4", "fleet.yaml:5"]);
  });

  test("a circle above an agent is not its own", async () => {
    const problems = await problemsOf(fleet(agent("a", ", parent: b"), agent("b", ", parent: b")));
    expect(problems).toHaveLength(1);
  });

  test.each([
    [
      "a topic from outside",
      `fleet: demo\ntopics: [shop.clicked]\nagents:\n${agent("a", ", consumes: [shop.clicked]")}`,
    ],
    [
      "a topic that another publishes",
      fleet(agent("a", ", publishes: [orders.received]"), agent("b", ', consumes: ["orders.*"]')),
    ],
    ["an agent that only its supervisor speaks for", fleet(agent("a", ", presence: supervisor"))],
    [
      "a mapped heartbeat",
      fleet(agent("a", ', presence: heartbeat, heartbeat: { key: "crm:a", field: a, time: iso, maxAgeSeconds: 9 }')),
    ],
    ["a parent further down", fleet(agent("a", ", parent: b"), agent("b"))],
    ["a comment and labels", fleet("  # first\n", agent("a", ", labels: { tier: one }"))],
  ])("allows %s", async (_, text) => {
    expect(await problemsOf(text)).toEqual([]);
  });
});

describe("compileFleet", () => {
  test("makes a list that the protocol accepts, with desired states and all topics", async () => {
    const file = await readFleetFile(join(import.meta.dirname, "../../fleet.yaml"));
    const stopped = { state: "stopped" as const, by: "operator", since: 5, reason: null };
    const compiled = compileFleet(file, new Map([["billing", stopped]]), { version: 7, now: 10 });
    expect(compiledFleet.parse(compiled)).toEqual(compiled);
    expect(compiled.agents.find(({ id }) => id === "billing")?.desired).toEqual(stopped);
    expect(compiled.agents.find(({ id }) => id === "invoices")?.desired.state).toBe("running");
    expect(compiled.topics).toHaveLength(33);
  });
});
