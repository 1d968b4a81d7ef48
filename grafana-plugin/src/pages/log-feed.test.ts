import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LogFeed, WAITING_MOST } from "./log-feed.ts";
import { LogService } from "./log-service-fixture.ts";

let service: LogService;
let feed: LogFeed;
let leave: () => void;

const idsOf = (): string[] => feed.store.get().lines.map(({ id }) => id);
const settled = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(10));

beforeEach(() => {
  vi.useFakeTimers();
  service = new LogService();
  service.install();
  leave = () => undefined;
});
afterEach(() => {
  leave();
  vi.useRealTimers();
});

async function open({ lines, isLive = true }: { lines: number; isLive?: boolean }): Promise<void> {
  for (let written = 0; written < lines; written += 1) service.write();
  feed = new LogFeed("range=30m");
  leave = feed.open({ isLive });
  await settled();
}

async function write(lines: number): Promise<void> {
  for (let written = 0; written < lines; written += 1) service.write();
  service.tellOfLines();
  await settled();
}

describe("the lines that fit a search", () => {
  test("begin with the newest two hundred, and are read on to the very first", async () => {
    await open({ lines: 1_300 });
    expect(idsOf()).toHaveLength(200);
    for (let pages = 0; pages < 5; pages += 1) await feed.readOlder();
    expect(idsOf()).toEqual(Array.from({ length: 1_300 }, (_, index) => String(index + 1)));
    expect(feed.store.get().hasOlder).toBe(false);
  });

  test("that are asked for twice at once are read once", async () => {
    await open({ lines: 900 });
    await Promise.all([feed.readOlder(), feed.readOlder()]);
    expect(new Set(idsOf()).size).toBe(700);
    expect(idsOf()).toHaveLength(700);
  });

  test("that are on their way when the list begins anew leave no hole in it", async () => {
    await open({ lines: 900 });
    service.delayOlderMs = 1_000;
    const late = feed.readOlder();
    await write(900);
    await vi.advanceTimersByTimeAsync(1_000);
    await late;
    expect(idsOf()).toEqual(Array.from({ length: 200 }, (_, index) => String(1_601 + index)));
  });

  test("that come with two answers are shown once", async () => {
    service.overlap = 2;
    await open({ lines: 5 });
    await write(1);
    expect(idsOf()).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("come by themselves once the stream tells of new ones", async () => {
    await open({ lines: 3 });
    await write(2);
    expect(idsOf()).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("come without the stream too, a little later", async () => {
    await open({ lines: 1 });
    service.write();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(idsOf()).toEqual(["1", "2"]);
  });

  test("that were written earlier but taken in late stand where they were written", async () => {
    await open({ lines: 0 });
    service.write({ at: 2_000 });
    service.write({ at: 3_000 });
    service.tellOfLines();
    await settled();
    service.write({ at: 1_000 });
    service.tellOfLines();
    await settled();
    expect(idsOf()).toEqual(["3", "1", "2"]);
  });

  test("wait while somebody looks at older ones, are counted, and come when they are wanted", async () => {
    await open({ lines: 3 });
    feed.hold(true);
    await write(12);
    expect(idsOf()).toHaveLength(3);
    expect(feed.store.get().waiting).toBe(12);
    feed.hold(false);
    expect(idsOf()).toHaveLength(15);
    expect(feed.store.get().waiting).toBe(0);
  });

  test("that are more than one can read begin anew with the newest, older ones before them", async () => {
    await open({ lines: 3 });
    await write(900);
    expect(idsOf().at(-1)).toBe("903");
    expect(idsOf()).toHaveLength(200);
    await feed.readOlder();
    expect(idsOf()).toHaveLength(700);
  });

  test("that wait in their thousands are not kept, and none is missing afterwards", async () => {
    await open({ lines: 3 });
    feed.hold(true);
    for (let times = 0; times < 5; times += 1) await write(500);
    expect(feed.store.get().waiting).toBe(WAITING_MOST);
    feed.hold(false);
    await settled();
    for (let pages = 0; pages < 6; pages += 1) await feed.readOlder();
    expect(idsOf()).toEqual(Array.from({ length: 2_503 }, (_, index) => String(index + 1)));
  });

  test("of the past are not followed", async () => {
    await open({ lines: 3, isLive: false });
    await write(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(idsOf()).toHaveLength(3);
    expect(service.streams).toEqual([]);
  });

  test("stay when a later reading is refused, which is told until the next that is not", async () => {
    await open({ lines: 3 });
    service.refused = { status: 503, data: { code: "unavailable", message: "PostgreSQL is away", allowed: [] } };
    await write(1);
    expect(idsOf()).toHaveLength(3);
    expect(feed.store.get().refusal?.message).toBe("PostgreSQL is away");
    service.refused = null;
    await write(1);
    expect(idsOf()).toHaveLength(5);
    expect(feed.store.get().refusal).toBeNull();
  });
});
