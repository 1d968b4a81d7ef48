import { describe, expect, test } from "vitest";
import { Failure } from "../../domain/failure.ts";
import { linesOfLog, logQuery } from "./docker-logs.ts";
import { readEach, readStamped, type StampedLine, type StampPlace } from "./stamped-logs.ts";

const lineAt = (stamp: string, text: string): StampedLine => ({ stamp: stamp.padStart(19, "0"), text, isError: false });

/** Reads again and again what stands in `logs`, as a runtime shows it from the time of the place on. */
function reader(logs: Record<string, StampedLine[] | Failure>) {
  let cursor: string | null = null;
  const asked: string[] = [];
  return {
    asked,
    async read() {
      const piece = await readEach(Object.keys(logs), cursor, async (name, place: StampPlace | null) => {
        asked.push(name);
        const lines = logs[name];
        if (lines instanceof Failure) throw lines;
        return { lines: (lines ?? []).filter(({ stamp }) => place === null || stamp >= place.stamp), isCut: false };
      });
      cursor = piece.cursor;
      return piece;
    },
  };
}
const textsOf = ({ lines }: { lines: readonly { name: string; text: string }[] }) =>
  lines.map(({ name, text }) => `${name} ${text}`);

describe("readEach", () => {
  test("lines of one moment come once each, though the runtime shows that moment again", async () => {
    const billing = [lineAt("5", "one"), lineAt("5", "two")];
    const { read } = reader({ billing });
    expect(textsOf(await read())).toEqual(["billing one", "billing two"]);
    expect(textsOf(await read())).toEqual([]);
    billing.push(lineAt("5", "three"));
    expect(textsOf(await read())).toEqual(["billing three"]);
    billing.push(lineAt("6", "four"));
    expect(textsOf(await read())).toEqual(["billing four"]);
    expect(textsOf(await read())).toEqual([]);
  });

  test("each program has its share of 2,000 lines, and goes on behind them", async () => {
    const many = (name: string) =>
      Array.from({ length: 3000 }, (_, index) => lineAt(String(Math.floor(index / 7)), `${name}${index}`));
    const { read } = reader({ loud: many("a"), other: many("b") });
    const seen: string[] = [];
    for (let hasMore = true; hasMore; ) {
      const piece = await read();
      expect(piece.lines.length).toBeLessThanOrEqual(2000);
      seen.push(...textsOf(piece));
      ({ hasMore } = piece);
    }
    expect([seen.length, new Set(seen).size]).toEqual([6000, 6000]);
  });

  test("a program whose log cannot be read is told once, and the others are read", async () => {
    const logs: Record<string, StampedLine[] | Failure> = {
      billing: [lineAt("5", "one")],
      none: new Failure("unavailable", "no driver"),
    };
    const { read } = reader(logs);
    expect(textsOf(await read())).toEqual(["billing one", "none WARN its log cannot be read: no driver"]);
    expect(textsOf(await read())).toEqual([]);
    logs.none = [lineAt("7", "at last")];
    expect(textsOf(await read())).toEqual(["none at last"]);
  });

  test("when none can be read, the runtime is away", async () => {
    const away = new Failure("unavailable", "Docker does not answer");
    await expect(reader({ billing: away, invoices: away }).read()).rejects.toBe(away);
  });

  test("a place that is none begins anew", async () => {
    const piece = await readEach(["billing"], "{{", async () => ({ lines: [lineAt("5", "one")], isCut: false }));
    expect(textsOf(piece)).toEqual(["billing one"]);
  });
});

describe("readStamped", () => {
  test.each([
    ["2026-11-30T02:31:17.236000001Z hello", "1796005877236000001", "hello"],
    ["2026-11-30T02:31:17.2Z hello", "1796005877200000000", "hello"],
    ["2026-11-30T02:31:17Z ", "1796005877000000000", ""],
  ])("%s", (line, stamp, text) => {
    expect(readStamped(line, false)).toEqual({ stamp, text, isError: false });
  });

  test("a line without such a time is none", () => {
    expect(readStamped("hello", false)).toBeNull();
  });
});

describe("a log of Docker", () => {
  const AT = "2026-11-30T02:31:17.236000001Z";
  const frame = (stream: number, text: string): Buffer => {
    const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  test("is asked for from the moment of the place on, to the nanosecond", () => {
    expect(logQuery({ stamp: "1796005877236000001", count: 1 })).toMatch(/&since=1796005877\.236000001$/);
    expect(logQuery(null)).not.toContain("since");
  });

  test("tells standard error from standard output, and is whole without frames, too", () => {
    const framed = Buffer.concat([frame(1, `${AT} out\n`), frame(2, `${AT} err\n`)]);
    expect(linesOfLog(framed, false).map(({ text, isError }) => [text, isError])).toEqual([
      ["out", false],
      ["err", true],
    ]);
    expect(linesOfLog(Buffer.from(`${AT} of a terminal\r\n`), false)).toMatchObject([{ text: "of a terminal" }]);
  });

  test("that was cut in the middle of a line gives that line with the next read", () => {
    const whole = Buffer.concat([frame(1, `${AT} one\n`), frame(1, `${AT} two\n`)]);
    expect(linesOfLog(whole.subarray(0, whole.byteLength - 3), true).map(({ text }) => text)).toEqual(["one"]);
    expect(linesOfLog(Buffer.from(`${AT} one\n${AT} tw`), true).map(({ text }) => text)).toEqual(["one"]);
  });
});
