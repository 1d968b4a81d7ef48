import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { FakeFleet, FLEET_KEY, type Scrape, scrape } from "../../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../../test/test-exporter.ts";
import type { Exporter } from "../exporter.ts";

const FLEET = "packs-test";
const ORDERS = "rollcall_pack_shop_orders_total";
const CENTS = "rollcall_pack_shop_euros_total";
const PACK = `pack: shop
metrics:
  - name: orders_total
    help: Orders from the shop
    topic: orders.received
    by: { city: { field: to.city, values: [Riga, Porto] } }
  - name: euros_total
    help: What orders are worth
    topic: orders.received
    add: { field: cents, times: 0.01 }
`;

let folder: string;
let fleet: FakeFleet;
let running: Exporter[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packs-"));
  await writeFile(join(folder, "shop.yaml"), PACK);
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
});
afterAll(async () => {
  fleet.close();
  await rm(folder, { recursive: true });
});
let stateFile: string;
beforeEach(async (context) => {
  stateFile = join(folder, context.task.id, "state.json");
  await mkdir(dirname(stateFile));
  await fleet.clear();
  await fleet.publish({ agents, topics });
});
afterEach(async () => {
  for (const exporter of running) await exporter.stop();
  running = [];
});

const settings = () => ({
  ROLLCALL_PACK_FILES: join(folder, "shop.yaml"),
  ROLLCALL_PACK_STATE_FILE: stateFile,
});

async function start(environment: Record<string, string> = settings()): Promise<Exporter> {
  const exporter = await startTestExporter(inject("redisUrl"), FLEET, environment);
  running.push(exporter);
  await eventually(exporter, (found) => expect(found.series(ORDERS).length).toBeGreaterThan(0));
  return exporter;
}

async function publish(city: string, cents = 100): Promise<void> {
  const event = { id: "e", source: "shop", type: "orders.received", data: { to: { city }, cents } };
  await add(JSON.stringify(event));
}
const add = (text: string) => fleet.redis.xadd(fleet.keys.topic("orders.received"), "*", "e", text);
const shows = (exporter: Exporter, facts: (found: Scrape) => void) => eventually(exporter, facts);
const outcome = (found: Scrape, name: string) =>
  found.value("rollcall_exporter_pack_events_total", { topic: "orders.received", outcome: name });

describe("the exporter with a pack", () => {
  test("counts events by a field, and adds up another", async () => {
    const exporter = await start();
    expect((await scrape(exporter.url)).value(ORDERS, { city: "Riga" })).toBe(0);
    for (const city of ["Riga", "Riga", "Porto"]) await publish(city, 250);
    await shows(exporter, (found) => {
      expect(found.value(ORDERS, { fleet: FLEET, city: "Riga" })).toBe(2);
      expect(found.value(ORDERS, { city: "Porto" })).toBe(1);
      expect(found.value(CENTS)).toBe(7.5);
      expect(found.value("rollcall_exporter_pack_events_waiting", { topic: "orders.received" })).toBe(0);
    });
  });

  test("begins with the newest event, so that nothing is counted that was published before it was wanted", async () => {
    await publish("Riga");
    const exporter = await start();
    await publish("Porto");
    await shows(exporter, (found) => expect(found.value(ORDERS, { city: "Porto" })).toBe(1));
    expect((await scrape(exporter.url)).value(ORDERS, { city: "Riga" })).toBe(0);
  });

  test("takes no harm from what is no event, and counts it", async () => {
    const exporter = await start();
    await add("{");
    await add('{"type":"orders.rejected","data":{}}');
    await add('{"type":"orders.received","data":null}');
    await add("[".repeat(100_000));
    await add(`{"type":"orders.received","data":{"x":"${"y".repeat(300_000)}"}}`);
    await fleet.redis.xadd(fleet.keys.topic("orders.received"), "*", "f", "1");
    await publish("Riga");
    await shows(exporter, (found) => {
      expect(outcome(found, "malformed")).toBe(6);
      expect(found.value(ORDERS, { city: "Riga" })).toBe(1);
    });
  });

  test("makes no series for hostile values, and counts them", async () => {
    const exporter = await start();
    for (let index = 0; index < 300; index += 1) await publish(`city ${index}`, -1);
    await shows(exporter, (found) => {
      expect(found.value(ORDERS, { city: "other" })).toBe(300);
      expect(found.series(ORDERS)).toHaveLength(3);
      expect(found.value("rollcall_exporter_pack_values_bounded_total", { metric: ORDERS })).toBe(300);
      expect(found.value("rollcall_exporter_pack_values_unusable_total", { metric: CENTS })).toBe(300);
    });
  });

  test("says how many events were cut before they were counted", async () => {
    const first = await start();
    await publish("Riga");
    await shows(first, (found) => expect(found.value(ORDERS, { city: "Riga" })).toBe(1));
    await first.stop();
    for (let index = 0; index < 10; index += 1) await publish("Riga");
    await fleet.redis.xtrim(fleet.keys.topic("orders.received"), "MAXLEN", 4);
    const second = await start();
    await shows(second, (found) => {
      expect(found.value(ORDERS, { city: "Riga" })).toBe(5);
      expect(outcome(found, "missed")).toBe(6);
    });
  });

  test("counts on in a topic that Redis has lost and made anew", async () => {
    const exporter = await start();
    for (let index = 0; index < 3; index += 1) await publish("Riga");
    await shows(exporter, (found) => expect(found.value(ORDERS, { city: "Riga" })).toBe(3));
    await fleet.redis.del(fleet.keys.topic("orders.received"));
    await publish("Riga");
    await shows(exporter, (found) => expect(found.value(ORDERS, { city: "Riga" })).toBe(4));
    expect(outcome(await scrape(exporter.url), "missed")).toBe(0);
  });

  test("without a file for it begins anew with each start", async () => {
    const environment = { ROLLCALL_PACK_FILES: join(folder, "shop.yaml") };
    const first = await start(environment);
    await publish("Riga");
    await shows(first, (found) => expect(found.value(ORDERS, { city: "Riga" })).toBe(1));
    await first.stop();
    const second = await start(environment);
    expect((await scrape(second.url)).value(ORDERS, { city: "Riga" })).toBe(0);
  });

  test("shows nothing that is not kept: after a crash it would be counted again", async () => {
    const exporter = await start();
    await rename(dirname(stateFile), `${dirname(stateFile)}.away`);
    await publish("Riga");
    await shows(exporter, (found) =>
      expect(found.value("rollcall_exporter_pack_failures_total", { reason: "state" })).toBeGreaterThan(1),
    );
    expect((await scrape(exporter.url)).value(ORDERS, { city: "Riga" })).toBe(0);
    await rename(`${dirname(stateFile)}.away`, dirname(stateFile));
    await shows(exporter, (found) => expect(found.value(ORDERS, { city: "Riga" })).toBe(1));
  });

  test("does not start with a state that is damaged or of another fleet, and says what to do", async () => {
    await writeFile(stateFile, '{"v":1,"fleet":"another","topics":[],"counters":[]}');
    await expect(start()).rejects.toThrow(/does not hold what packs of the fleet packs-test have counted/);
  });
});

/** The exporter as a process, so that it can be killed. */
class ExporterProcess {
  #child: ChildProcess | null = null;
  #url = "";

  async start(): Promise<void> {
    const port = await findFreePort();
    this.#url = `http://127.0.0.1:${port}`;
    this.#child = spawn(process.execPath, ["exporter/src/main.ts"], {
      cwd: join(import.meta.dirname, "../../.."),
      stdio: "ignore",
      env: {
        ...{ PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
        ...{ ROLLCALL_FLEET: FLEET, ROLLCALL_FLEET_KEY: FLEET_KEY },
        ...{ REDIS_URL: inject("redisUrl"), ROLLCALL_EXPORTER_PORT: String(port) },
        ...{ ROLLCALL_EXPORTER_REFRESH_SECONDS: "0.05", ...settings() },
      },
    });
    await vi.waitFor(async () => expect(await this.value()).toBeTypeOf("number"), { timeout: 60_000, interval: 50 });
  }

  async value(): Promise<number> {
    return (await scrape(this.#url)).value(ORDERS, { city: "Riga" }) as number;
  }

  async kill(): Promise<void> {
    if (this.#child === null || this.#child.exitCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
    this.#child = null;
  }
}

/** Publishes until it is told to stop. */
function openShop() {
  let isOpen = true;
  const published = (async () => {
    for (let events = 0; ; events += 1) {
      if (!isOpen) return events;
      await publish("Riga");
      await pause(2);
    }
  })();
  return {
    close: () => {
      isOpen = false;
      return published;
    },
  };
}

describe("an exporter that is killed again and again", () => {
  test("counts every event once, and never shows less than before", { timeout: 240_000 }, async () => {
    const exporter = new ExporterProcess();
    await exporter.start();
    const shop = openShop();
    let seen = 0;
    const look = async (): Promise<number> => {
      const value = await exporter.value();
      expect(value).toBeGreaterThanOrEqual(seen);
      seen = value;
      return value;
    };
    try {
      for (let kills = 0; kills < 2; kills += 1) {
        const from = await look();
        await vi.waitFor(async () => expect(await look()).toBeGreaterThan(from + 20), {
          ...{ timeout: 30_000, interval: 5 },
        });
        await exporter.kill();
        await exporter.start();
      }
      const published = await shop.close();
      await vi.waitFor(async () => expect(await look()).toBe(published), { timeout: 30_000 });
    } finally {
      await shop.close();
      await exporter.kill();
    }
  });
});
