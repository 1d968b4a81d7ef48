import { describe, expect, test } from "vitest";
import { keepOutOfText } from "../secrets/redact.ts";
import { parseLogLines } from "./parse-log-lines.ts";
import { AT, NOW, one, parse, raw } from "./parsed-fixture.ts";

describe("times that cannot be", () => {
  test.each([
    ["in an hour", NOW + 3_600_000],
    ["in 1970", 1],
    ["two years ago", NOW - 2 * 366 * 86_400_000],
  ])("%s: the line stands at the time of its reading, and says what it said", (_, at) => {
    expect(
      one(JSON.stringify({ level: 30, time: at === 1 ? "1970-01-01T00:00:00.001Z" : at, msg: "x" })),
    ).toMatchObject({
      at: NOW,
      fields: { said_time: new Date(at).toISOString() },
    });
  });

  test("a clock that is a few seconds ahead is no reason for a remark, but no line is later than now", () => {
    expect(one(JSON.stringify({ level: 30, time: NOW + 2000, msg: "x" }))).toMatchObject({ at: NOW, fields: {} });
  });

  test("the time that the runtime tells counts where the line tells none", () => {
    expect(parseLogLines([raw("up", { at: AT })], NOW)[0]?.at).toBe(AT);
  });
});

describe("hostile and broken lines", () => {
  test("colours, orders to terminals, bytes of zero and lone halves of characters are gone", () => {
    expect(
      one("\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007 a\u0000b\u202ec \ud800d\r").text,
    ).toBe("red link abc \ufffdd");
    expect(one(`{"msg":"\\u001b[2Ja\\u0000","k\\u0000":"v\\u0000"}`)).toMatchObject({ text: "a", fields: { k: "v" } });
  });

  test.each([
    ["{not json", "{not json"],
    ["[1,2]", "[1,2]"],
    ["null", "null"],
    ['{"level":{"a":1},"msg":7}', "level.a=1 msg=7"],
    ["=== =", "=== ="],
  ])("%j is plain text or its own fields, and never an error of ours", (text, read) => {
    expect(one(text).text).toBe(read);
  });

  test("is bounded in text, fields, names and values", () => {
    const fields = Object.fromEntries(Array.from({ length: 35 }, (_, index) => [`f${index}`, "v".repeat(1200)]));
    const line = one(JSON.stringify({ msg: "m".repeat(9000), ["n".repeat(500)]: "1", ...fields }));
    expect(line.text).toHaveLength(8000);
    expect(Object.keys(line.fields)).toHaveLength(30);
    expect(
      Math.max(...Object.entries(line.fields).flatMap(([name, value]) => [name.length / 100, value.length / 1000])),
    ).toBe(1);
  });

  test("a name that JavaScript knows is a name like any other", () => {
    expect(Object.entries(one('{"msg":"x","__proto__":"p","constructor":"c"}').fields)).toEqual([
      ["__proto__", "p"],
      ["constructor", "c"],
    ]);
  });

  test("a megabyte of spaces, quotes and equal signs is read at once", () => {
    for (const text of [
      " ".repeat(60_000),
      'a="'.repeat(20_000),
      "a=b ".repeat(15_000),
      `2026-11-30T02:31:17Z ${"a=".repeat(30_000)}`,
      "[".repeat(60_000),
    ])
      expect(parse(text).length).toBeLessThanOrEqual(1);
  });
});

describe("secrets", () => {
  test("that we know are gone from text and fields, also where colours broke them up", () => {
    keepOutOfText("hunter2-of-the-fleet");
    expect(
      JSON.stringify(
        parse(
          "key hunter2-of-\u001b[1mthe-fleet",
          '{"msg":"hunter2-of-the-fleet","a":{"b":"\\u0068unter2-of-the-fleet"}}',
          '{"msg":"\\u0068unter2-of-the-fleet"}',
        ),
      ),
    ).not.toContain("hunter2");
  });

  test.each([
    "connecting to postgres://u:p4ssw0rd@db/x",
    "using xoxb-12345678-abcdef",
    "DB_PASSWORD=p4ssw0rd1 set",
    '{"msg":"x","headers":{"Authorization":"p4ssw0rd1"}}',
    "level=info msg=x client_secret=p4ssw0rd1",
    '{"msg":"token: p4ssw0rd1"}',
  ])("that look like one are gone: %s", (text) => {
    const shown = JSON.stringify(one(text));
    expect(shown).not.toMatch(/p4ssw0rd|12345678/);
    expect(shown).toContain("[secret]");
  });

  test("a private key in many lines is gone as a whole", () => {
    const lines = parse(
      "loaded",
      "-----BEGIN PRIVATE KEY-----",
      "MIIEvQIBADANBg",
      "kqhkiG9w0BAQEF",
      "-----END PRIVATE KEY-----",
      "done",
    );
    expect(JSON.stringify(lines)).not.toMatch(/MIIE|kqhk/);
    expect(lines.map(({ text }) => text)).toEqual(["loaded", "[secret]", "done"]);
  });
});
