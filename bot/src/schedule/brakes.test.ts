import { createAskedSilences } from "@rollcall/core/adapters/postgres/asked-silences.ts";
import { createFreezes } from "@rollcall/core/adapters/postgres/freezes.ts";
import { createMaintenance } from "@rollcall/core/adapters/postgres/maintenance.ts";
import { createPublications } from "@rollcall/core/adapters/postgres/publications.ts";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import type { FoundSilence, WantedSilence } from "@rollcall/core/domain/silence.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { HeldBack } from "../metrics/brakes.ts";
import type { DraftDeps } from "../slack/draft-deps.ts";
import { SETTINGS } from "../slack/fixtures.ts";
import { draftOfSoon, isSoonKey } from "../slack/soon-draft.ts";
import { brakeLoops } from "./brakes.ts";
import type { LoopOptions } from "./loop.ts";

const MINUTE = 60_000;

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

let fleet: FakeFleet;
let isLeader: boolean;
let seen: HeldBack[];
let loops: Map<string, LoopOptions>;
const publications = () => createPublications(store.pool);
beforeEach(async () => {
  await store.pool.query("truncate freezes, maintenance_windows, asked_silences cascade");
  fleet = new FakeFleet("billing", "invoices");
  [isLeader, seen] = [true, []];
  Object.assign(fleet.ports, { freezes: createFreezes(store.pool), maintenance: createMaintenance(store.pool) });
  Object.assign(fleet.ports, { askedSilences: createAskedSilences(store.pool) });
  loops = loopsOf();
});

function loopsOf(): Map<string, LoopOptions> {
  const found = new Map<string, LoopOptions>();
  const database = { pool: store.pool, publications: publications() } as Parameters<typeof brakeLoops>[0]["database"];
  const metrics = { seen: (held: HeldBack) => void seen.push(held) };
  const loop = (options: LoopOptions) => {
    found.set(options.name, options);
    return { stop: async () => undefined };
  };
  brakeLoops({ ports: fleet.ports, database, metrics }, loop, () => isLeader);
  return found;
}
const round = (name: string): Promise<unknown> | undefined => loops.get(name)?.run();

let operations = 0;
/** @returns its id */
async function begin(kind: "freezes" | "maintenance" | "askedSilences", minutes: number): Promise<string> {
  operations += 1;
  const audit = auditEntry({ event: "configuration", actor: "olga", door: "slack", action: "begun in a test" });
  const draft = {
    ...{ operation: `op-${operations}`, agents: ["billing"], by: "Olga", reason: null, audit },
    ...{ now: fleet.now, endsAt: fleet.now + minutes * MINUTE },
  };
  const asker = { id: "olga", name: "Olga", slackUser: "U0OLGA" };
  const mutes = [{ agent: "billing", alertname: "AgentGone" }];
  const silence = { ...draft, asker, mutes, reason: "known" };
  const begun = kind === "askedSilences" ? fleet.ports[kind]?.begin(silence) : fleet.ports[kind]?.begin(draft);
  return (await begun)?.id ?? "none";
}
const draftOf = (publication: Publication) => {
  const deps = { ports: fleet.ports, publications: publications(), settings: SETTINGS } as unknown as DraftDeps;
  return draftOfSoon(publication, deps);
};

describe.each([
  ["maintenance", "Maintenance", "maintenance end"],
  ["freezes", "Freeze", "thaw"],
  ["askedSilences", "Silence", "unsilence"],
] as const)("of %s", (kind, what, command) => {
  test("the end is announced five minutes before, once, with what ends it now", async () => {
    const id = await begin(kind, 45);
    fleet.now += 40 * MINUTE - 1;
    await round("brakes-end");
    expect(await publications().find(`${id}:soon`)).toBeNull();
    fleet.now += 1;
    await round("brakes-end");
    await round("brakes-end");
    const note = await publications().find(`${id}:soon`);
    expect(note).toMatchObject({ key: `${id}:soon`, revision: 1, posted: null });
    expect(isSoonKey(note?.key ?? "")).toBe(true);
    const draft = await draftOf(note as Publication);
    expect(draft).toMatchObject({ channel: SETTINGS.opsChannel, thread: null });
    const message = await draft?.write(0);
    expect(message?.text).toBe(`${what} ${id} of billing ends in 5 min`);
    expect(JSON.stringify(message?.blocks)).toContain(`by Olga · \`/fleet ${command} ${id}\` ends it now`);
  });

  test("what lasts ten minutes at most is not announced", async () => {
    const id = await begin(kind, 10);
    fleet.now += 6 * MINUTE;
    await round("brakes-end");
    expect(await publications().find(`${id}:soon`)).toBeNull();
  });

  test("it ends when its time is over, and an announcement that was never posted is dropped", async () => {
    const id = await begin(kind, 45);
    fleet.now += 41 * MINUTE;
    await round("brakes-end");
    const note = (await publications().find(`${id}:soon`)) as Publication;
    fleet.now += 4 * MINUTE;
    await round("brakes-end");
    expect([
      ...((await fleet.ports.freezes?.active()) ?? []),
      ...((await fleet.ports.maintenance?.open()) ?? []),
      ...((await fleet.ports.askedSilences?.open()) ?? []),
    ]).toEqual([]);
    expect(await draftOf(note)).toBeNull();
    expect(await publications().find(`${id}:soon`)).toBeNull();
  });
});

test.each(["maintenance", "freezes"] as const)(
  "what holds of %s is told to the metrics, by whoever leads or not",
  async (kind) => {
    await begin(kind, 45);
    expect(loops.get("maintenance")?.when).toBeUndefined();
    await round("maintenance");
    const counts = seen.map(({ freezes, windows, at }) => [freezes.length + windows.length, at]);
    expect(counts).toEqual([[1, fleet.now]]);
  },
);

test("only the leader ends anything", () => {
  Object.assign(fleet.ports, { silences: {} });
  loops = loopsOf();
  isLeader = false;
  const asking = [...loops].filter(([, { when }]) => when?.() === false).map(([name]) => name);
  expect(asking.toSorted()).toEqual(["brakes-end", "reminders", "silences", "silences-over", "undo-end"]);
});

test("a silence of a window that is over is ended, and that of an open one is there", async () => {
  const open = await begin("maintenance", 45);
  const put: WantedSilence[] = [];
  const ended: string[] = [];
  const found = (key: string): FoundSilence => ({
    ...{ id: `silence of ${key}`, key, agents: ["invoices"], alerts: { except: [] } },
    ...{ startsAt: fleet.now - MINUTE, endsAt: fleet.now + MINUTE },
  });
  const silences = {
    list: async () => [found("mw-999999")],
    put: async (silence: WantedSilence) => void put.push(silence),
    end: async (id: string) => void ended.push(id),
  };
  Object.assign(fleet.ports, { silences });
  const marked: unknown[] = [];
  fleet.ports.bus.markPlannedWork = async (works) => void marked.push(works);
  loops = loopsOf();
  await round("silences");
  expect(marked).toEqual([[{ agent: "billing", work: `maintenance ${open}` }]]);
  expect(put.map(({ key, agents }) => [key, agents])).toEqual([[open, ["billing"]]]);
  expect(ended).toEqual(["silence of mw-999999"]);
});

test("an asked silence is kept in Alertmanager, and what is planned there is no work on the agent", async () => {
  const id = await begin("askedSilences", 45);
  const put: WantedSilence[] = [];
  const gone: FoundSilence = {
    ...{ id: "old", key: "sil-999999", agents: ["billing"], alerts: { only: ["AgentGone"] } },
    ...{ startsAt: fleet.now - MINUTE, endsAt: fleet.now + MINUTE },
  };
  const ended: string[] = [];
  const silences = {
    list: async () => [gone],
    put: async (silence: WantedSilence) => void put.push(silence),
    end: async (one: string) => void ended.push(one),
  };
  Object.assign(fleet.ports, { silences });
  const marked: unknown[] = [];
  fleet.ports.bus.markPlannedWork = async (works) => void marked.push(works);
  loops = loopsOf();
  await round("silences");
  expect(put).toMatchObject([{ key: id, agents: ["billing"], alerts: { only: ["AgentGone"] }, renewedForMs: null }]);
  expect([ended, marked]).toEqual([["old"], [[]]]);
});

test("without an Alertmanager nothing is looked after", () => {
  expect([...loops.keys()]).toEqual(["maintenance", "brakes-end", "silences-over", "reminders", "undo-end"]);
});
