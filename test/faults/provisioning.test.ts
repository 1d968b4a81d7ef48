import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KeptControl } from "../drills/crash-points/control.ts";
import { effectsOf, readEffects } from "../drills/crash-points/effects.ts";
import { type CrashStage, openCrashStage } from "../drills/crash-points/stage.ts";
import { ask, untilEnded, type Wish, wishFor } from "../drills/crash-points/wishes.ts";
import { openDoor } from "../drills/verdicts/door.ts";
import { eventually } from "../store-fixture.ts";

/** None of them P0, so that one person may start and stop them. */
const [LISTED, PUBLISHED, ACCEPTED, ORDERED] = ["shipping", "customer-notifier", "image-creator", "crm-chat"] as const;
const WITHIN_MS = 120_000;

interface ListedAgent {
  readonly id: string;
  readonly publishes?: readonly string[];
}

let stage: CrashStage;
let control: KeptControl;
let redis: Redis;
/** As fleet.yaml lists them, by id. */
let newcomers: Map<string, ListedAgent>;

beforeAll(async () => {
  const agents = [LISTED, PUBLISHED, ACCEPTED, ORDERED];
  stage = await openCrashStage({ agents });
  redis = new Redis(stage.redisUrl);
  redis.on("error", () => undefined);
  newcomers = await rewrite((listed) => listed.filter(({ id }) => !agents.includes(id as typeof LISTED)));
  control = await stage.addControl();
  await control.ready();
}, 240_000);
afterAll(async () => {
  redis?.disconnect();
  await stage?.close();
});

/** @returns those that it took out, by id */
async function rewrite(change: (listed: readonly ListedAgent[]) => readonly ListedAgent[]) {
  const path = join(stage.folder, "fleet.yaml");
  const file = JSON.parse(await readFile(path, "utf8")) as { topics: string[]; agents: ListedAgent[] };
  const agents = change(file.agents);
  // Others read what the newcomers publish, and a topic without a publisher is refused.
  const topics = [...new Set([...file.topics, ...file.agents.flatMap(({ publishes = [] }) => publishes)])];
  await writeFile(`${path}.next`, JSON.stringify({ ...file, topics, agents }));
  await rename(`${path}.next`, path);
  return new Map(file.agents.flatMap((one) => (agents.includes(one) ? [] : [[one.id, one]])));
}

const list = (agent: string) => rewrite((listed) => [...listed, newcomers.get(agent) as ListedAgent]);
const unlist = (agent: string) => rewrite((listed) => listed.filter(({ id }) => id !== agent));
const isPublished = async (agent: string): Promise<boolean> => {
  const fleet = JSON.parse((await redis.get(keysOf(stage.fleet).fleet)) ?? '{"agents":[]}') as CompiledFleet;
  return fleet.agents.some(({ id }) => id === agent);
};

/** It comes back by itself, as a host sees to it. */
function die(): void {
  control.signal("SIGKILL");
}

async function tell(wish: Wish): Promise<string> {
  const told = await ask(() => control.url, wish, WITHIN_MS);
  if ("operation" in told) return told.operation;
  throw new Error(`${wish.command} was refused: ${told.refused}`);
}
const endingOf = async (operation: string) => (await untilEnded(() => control.url, operation, WITHIN_MS))?.ending;
const effects = async (agent: string, operation: string) =>
  effectsOf(await readEffects([stage.agentDir(agent)]), operation);

/** The same wish again: whatever was begun comes to its end, once. */
async function expectThere(agent: string, wish: Wish): Promise<string> {
  const operation = await tell(wish);
  expect(["done", "recovered"]).toContain(await endingOf(operation));
  const seen = async () => (await openDoor(control.url).status()).find(({ id }) => id === agent)?.verdict;
  await eventually(async () => ["working", "busy"].includes((await seen()) ?? ""), WITHIN_MS);
  expect(await isPublished(agent)).toBe(true);
  expect(await effects(agent, operation)).toEqual([`${operation}:${agent}:start`]);
  return operation;
}

describe("A11: an agent is added to fleet.yaml and started, and the control service dies", () => {
  test("before it has read of it: the new one publishes it, and it can be started", async () => {
    await list(LISTED);
    die();
    await eventually(() => isPublished(LISTED), WITHIN_MS);
    await expectThere(LISTED, wishFor("start", [LISTED]));
  }, 240_000);

  test("after it has published it: it is there once, and can be started", async () => {
    await list(PUBLISHED);
    await eventually(() => isPublished(PUBLISHED), WITHIN_MS);
    die();
    await expectThere(PUBLISHED, wishFor("start", [PUBLISHED]));
  }, 240_000);

  test("after the start was accepted: the same wish again is the same operation, which ends well", async () => {
    await list(ACCEPTED);
    await eventually(() => isPublished(ACCEPTED), WITHIN_MS);
    const wish = wishFor("start", [ACCEPTED]);
    const operation = await tell(wish);
    die();
    expect(await expectThere(ACCEPTED, wish)).toBe(operation);
  }, 240_000);

  test("after the order has reached the supervisor: one process is there, by one effect", async () => {
    await list(ORDERED);
    await eventually(() => isPublished(ORDERED), WITHIN_MS);
    const wish = wishFor("start", [ORDERED]);
    const operation = await tell(wish);
    const told = () => readFile(join(stage.folder, "supervisor/commands.jsonl"), "utf8");
    await eventually(async () => (await told()).includes(`${operation}:${ORDERED}:start`), WITHIN_MS);
    const { pid } = await stage.supervisor.inspect(ORDERED);
    die();
    expect(await expectThere(ORDERED, wish)).toBe(operation);
    if (pid !== null) expect(await stage.supervisor.inspect(ORDERED)).toMatchObject({ pid });
  }, 240_000);

  test("while it is stopped and taken out again: nothing of it is left", async () => {
    const stop = wishFor("stop", [ORDERED]);
    const operation = await tell(stop);
    die();
    expect(await tell(stop)).toBe(operation);
    expect(await endingOf(operation)).toBe("done");
    await unlist(ORDERED);
    die();
    await eventually(async () => !(await isPublished(ORDERED)), WITHIN_MS);
    await control.ready();
    expect((await openDoor(control.url).status()).map(({ id }) => id)).not.toContain(ORDERED);
    expect(await stage.supervisor.inspect(ORDERED)).toMatchObject({ state: "exited", pid: null });
  }, 240_000);
});
