import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogPiece, LogSource } from "../../ports/log-source.ts";
import { followLogFiles } from "./log-files.ts";

const MAKE_PIPE = "mkfifo";
let folder: string;
let source: LogSource;
let problems: string[];
/** Where the reading goes on. */
let cursor: string | null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-log-files-"));
  problems = [];
  cursor = null;
  source = follow();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const follow = () =>
  followLogFiles({ name: "test", kind: "agent", folder, onProblem: (problem) => problems.push(problem) });
const file = (name: string) => join(folder, name);
/** As if it had been written so many seconds ago, so that nothing waits for more. */
const settle = (name: string, secondsAgo = 10) => {
  const at = Date.now() / 1000 - secondsAgo;
  utimesSync(file(name), at, at);
};
const append = (name: string, text: string | Buffer, secondsAgo = 10) => {
  appendFileSync(file(name), text);
  settle(name, secondsAgo);
};
async function read(): Promise<LogPiece> {
  const piece = await source.read(cursor);
  cursor = piece.cursor;
  return piece;
}
const texts = async () => (await read()).lines.map((line) => `${line.source}: ${line.text}`);
async function readAll(): Promise<LogPiece[]> {
  const pieces: LogPiece[] = [];
  do pieces.push(await read());
  while (pieces.at(-1)?.hasMore);
  return pieces;
}

describe("followLogFiles", () => {
  test("reads each file from its beginning, then what came, and nothing twice", async () => {
    append("billing.log", "one\ntwo\n");
    append("shipping.log", "three\n");
    append("notes.txt", "not a log\n");
    expect(await texts()).toEqual(["billing: one", "billing: two", "shipping: three"]);
    expect(await texts()).toEqual([]);
    append("billing.log", "four\n");
    append("new.log", "five\n");
    expect(await texts()).toEqual(["billing: four", "new: five"]);
  });

  test("the same place gives the same lines again", async () => {
    append("billing.log", "one\ntwo\n");
    expect(await source.read(null)).toEqual(await source.read(null));
  });

  test("a line goes out when its end is there, or when nothing was added for two seconds", async () => {
    append("billing.log", "one\ntw", 1);
    expect(await texts()).toEqual(["billing: one"]);
    append("billing.log", "o\nthr", 1);
    expect(await texts()).toEqual(["billing: two"]);
    settle("billing.log", 3);
    expect(await texts()).toEqual(["billing: thr"]);
  });

  test("a stack trace that is still being written goes out as a whole", async () => {
    append("billing.log", "before\n/a.ts:1\nthrow no;\n^\n\nError: no\n    at a.ts:1\n\n", 0);
    expect(await texts()).toEqual(["billing: before"]);
    append("billing.log", "Node.js v24\n", 1);
    expect((await texts()).slice(0, 1)).toEqual(["billing: /a.ts:1"]);
    expect(await texts()).toEqual([]);
  });

  test("of a character whose bytes come in two writes nothing is broken", async () => {
    const bytes = Buffer.from("naïve 🙂\n");
    append("billing.log", bytes.subarray(0, 9), 1);
    expect(await texts()).toEqual([]);
    append("billing.log", bytes.subarray(9));
    expect(await texts()).toEqual(["billing: naïve 🙂"]);
  });
});

describe("a file that is turned over", () => {
  test("is read to its end before the new one", async () => {
    append("billing.log", "one\n");
    await read();
    append("billing.log", "two\n");
    renameSync(file("billing.log"), file("billing.log.1"));
    append("billing.log", "three\n");
    expect(await texts()).toEqual(["billing: two", "billing: three"]);
    expect(await texts()).toEqual([]);
  });

  test("is followed where for a moment only the old one is there", async () => {
    append("billing.log", "one\ntwo\n");
    await read();
    append("billing.log", "three\n");
    renameSync(file("billing.log"), file("billing.log.1"));
    expect(await texts()).toEqual(["billing: three"]);
    expect(await texts()).toEqual([]);
    append("billing.log", "four\n");
    expect(await texts()).toEqual(["billing: four"]);
  });

  test("is followed where it is copied and cut to nothing", async () => {
    append("billing.log", "one\n");
    await read();
    append("billing.log", "two\n");
    copyFileSync(file("billing.log"), file("billing.log.1"));
    truncateSync(file("billing.log"));
    append("billing.log", "three\n");
    expect(await texts()).toEqual(["billing: two", "billing: three"]);
    expect(await texts()).toEqual([]);
  });

  test("twice between two reads: what was between is read, and it is told how much is gone", async () => {
    append("billing.log", "one\n", 60);
    await read();
    append("billing.log", "two, which nobody will read\n", 50);
    renameSync(file("billing.log"), file("billing.log.1"));
    append("billing.log", "three, in the file that was turned over second\n", 40);
    renameSync(file("billing.log"), file("billing.log.1"));
    append("billing.log", "four\n", 30);
    const { lines, lostBytes } = await read();
    expect(lines.map(({ text }) => text)).toEqual(["three, in the file that was turned over second", "four"]);
    expect(lostBytes).toBeGreaterThan(0);
    expect(await read()).toMatchObject({ lines: [], lostBytes: 0 });
  });

  test("long ago is not read again when the present one is deleted", async () => {
    append("billing.log.1", "old\n", 100);
    append("billing.log", "one\n");
    await read();
    rmSync(file("billing.log"));
    expect(await texts()).toEqual([]);
    append("billing.log", "a new file\n");
    expect(await texts()).toEqual(["billing: a new file"]);
  });
});

describe("files that change under the reader", () => {
  test("a file that was cut to nothing is read from its beginning", async () => {
    append("billing.log", "one\ntwo\n");
    await read();
    truncateSync(file("billing.log"));
    append("billing.log", "3\n");
    expect(await texts()).toEqual(["billing: 3"]);
  });

  test("a file that was cut and has grown past the place since is known by its beginning", async () => {
    append("billing.log", "one\n");
    await read();
    writeFileSync(file("billing.log"), "another beginning, and longer\n");
    settle("billing.log", 5);
    expect(await texts()).toEqual(["billing: another beginning, and longer"]);
  });

  test("a deleted file is forgotten, and one of the same name is a new one", async () => {
    append("billing.log", "one\n");
    await read();
    rmSync(file("billing.log"));
    expect(await texts()).toEqual([]);
    append("billing.log", "one\n");
    expect(await texts()).toEqual(["billing: one"]);
  });

  test("links, pipes and folders are left alone, and hold nothing up", async () => {
    append("secret.txt", "of somebody else\n");
    symlinkSync(file("secret.txt"), file("link.log"));
    execFileSync(MAKE_PIPE, [file("pipe.log")]);
    mkdirSync(file("folder.log"));
    append("billing.log", "one\n");
    expect(await texts()).toEqual(["billing: one"]);
    expect(problems).toEqual([]);
  });

  test("a folder that is not there is said as such", async () => {
    rmSync(folder, { recursive: true });
    await expect(source.read(null)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(folder),
    });
  });

  test("a place that is none begins anew", async () => {
    append("billing.log", "one\n");
    for (const wrong of ["", "null", "{", '{"places":{"billing":"x"}}', '{"next":null,"places":{"billing":"-1.5"}}'])
      expect((await source.read(wrong)).lines).toHaveLength(1);
  });
});

describe("how much is read at once", () => {
  test("bytes that are no text come as one replaced character each, and the next line is whole", async () => {
    append("billing.log", Buffer.concat([Buffer.from([0xff, 0x00, 0xfe, 0x0a]), Buffer.from("one\n")]));
    expect(await texts()).toEqual(["billing: \ufffd\u0000\ufffd", "billing: one"]);
  });

  test("a line of a megabyte is cut, and what follows it is read", async () => {
    append("billing.log", `${"x".repeat(1_000_000)}\nafter\n`);
    const lines = (await readAll()).flatMap((piece) => piece.lines.map(({ text }) => text));
    expect(lines.map(({ length }) => length)).toEqual([64 * 1024 + " … (cut)".length, "after".length]);
  });

  test("a line without any end is cut once, however long it grows", async () => {
    append("billing.log", "x".repeat(300_000));
    expect((await readAll()).flatMap(({ lines }) => lines)).toHaveLength(1);
    append("billing.log", "x".repeat(300_000), 1);
    expect(await texts()).toEqual([]);
    append("billing.log", "x\nafter\n");
    expect(await texts()).toEqual(["billing: after"]);
  });

  test("at most 2,000 lines, and the next read goes on behind them", async () => {
    append("billing.log", Array.from({ length: 4500 }, (_, index) => `${index}\n`).join(""));
    const pieces = await readAll();
    expect(pieces.map(({ lines }) => lines.length <= 2000 && lines.length > 1900).slice(0, 2)).toEqual([true, true]);
    expect(pieces.flatMap(({ lines }) => lines.map(({ text }) => Number(text)))).toEqual(
      Array.from({ length: 4500 }, (_, i) => i),
    );
  });

  test("a file that is written to without end leaves room for the others", async () => {
    append("a-loud.log", "loud\n".repeat(500_000));
    append("quiet.log", "hello\n");
    expect((await read()).lines.filter(({ source: from }) => from === "quiet")).toHaveLength(1);
  });

  test("of very many files all get their turn", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `agent-${index}`);
    for (const name of names) append(`${name}.log`, "line\n".repeat(40));
    const pieces = await readAll();
    const sources = pieces.flatMap(({ lines }) => lines.map((line) => line.source));
    expect([new Set(sources).size, sources.length]).toEqual([300, 12_000]);
    expect(Math.max(...pieces.map(({ lines }) => lines.length))).toBeLessThanOrEqual(2000);
  });

  test("a cursor stays below 64 KB, and what has no room in it is told", async () => {
    for (let index = 0; index < 1500; index += 1) append(`${"agent-with-a-long-name-".repeat(2)}${index}.log`, "x\n");
    await readAll();
    expect(Buffer.byteLength(cursor as string)).toBeLessThan(64 * 1024);
    expect(problems[0]).toMatch(/logs of \d+ files are not read/);
  });
});
