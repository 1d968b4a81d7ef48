import { describe, expect, test } from "vitest";
import type { LogLine } from "../domain/log-line.ts";
import { parseLogLines } from "./parse-log-lines.ts";
import { AT, NOW, one, parse, raw, TRACE } from "./parsed-fixture.ts";

describe("parseLogLines", () => {
  test("reads what our agents write: time, level, text and fields", () => {
    expect(
      one(
        `2026-11-30T02:31:17.236Z warn my inbox cannot be read agent=billing topic=orders.new reason="timed \\"out\\""`,
      ),
    ).toEqual({
      ...{ source: "billing", kind: "agent", at: AT, level: "warn", text: "my inbox cannot be read" },
      ...{ trace: null, run: null, operation: null },
      fields: { topic: "orders.new", reason: 'timed "out"' },
    });
  });

  test.each<[string, string, Partial<LogLine>]>([
    [
      "pino with numbers",
      `{"level":40,"time":${AT},"pid":7,"msg":"slow"}`,
      { level: "warn", text: "slow", fields: { pid: "7" } },
    ],
    [
      "pino with names",
      `{"level":"error","time":"2026-11-30T02:31:17.236Z","msg":"no"}`,
      { level: "error", text: "no" },
    ],
    [
      "Google Cloud Logging",
      `{"severity":"WARNING","time":"2026-11-30T02:31:17.236Z","message":"slow","logging.googleapis.com/trace":"projects/p/traces/${TRACE}"}`,
      { level: "warn", text: "slow", trace: TRACE, fields: {} },
    ],
    ["zap, in seconds", `{"level":"info","ts":${AT / 1000},"msg":"up"}`, { level: "info", text: "up" }],
    [
      "structlog",
      `{"event":"paid","level":"info","timestamp":"2026-11-30T02:31:17.236Z","order":41}`,
      { text: "paid", fields: { order: "41" } },
    ],
    [
      "Elastic",
      `{"@timestamp":"2026-11-30T02:31:17.236Z","log.level":"FATAL","message":"gone"}`,
      { level: "fatal", text: "gone" },
    ],
    [
      "Prometheus",
      `ts=2026-11-30T02:31:17.236Z caller=main.go:173 level=info msg="Starting \\"it\\""`,
      { level: "info", text: 'Starting "it"', fields: { caller: "main.go:173" } },
    ],
    [
      "logfmt without a message",
      `ts=2026-11-30T02:31:17.236Z caller=main.go:1 level=info fd_limits="(soft=2, hard=2)"`,
      { level: "info", text: "fd_limits=(soft=2, hard=2)" },
    ],
    [
      "PostgreSQL",
      `2026-11-30 02:31:17.236 UTC [26855] ERROR:  relation "x" does not exist`,
      { level: "error", text: 'relation "x" does not exist', fields: { process: "26855" } },
    ],
    [
      "a session that PostgreSQL ends",
      `2026-11-30 02:31:17.236 UTC [9049] FATAL:  the database system is starting up`,
      { level: "error" },
    ],
    ["PostgreSQL, all is well", `2026-11-30 02:31:17.236 UTC [9042] LOG:  ready`, { level: "info", text: "ready" }],
    ["a time and no level", `2026-11-30T02:31:17.236Z ready in 11.1 s`, { level: "info", text: "ready in 11.1 s" }],
    ["a level in brackets", `[2026-11-30 02:31:17.236Z] [ERROR] no disk`, { level: "error", text: "no disk" }],
    ["a zone of its own", `2026-11-30T03:31:17.236+01:00 info there`, { level: "info", text: "there" }],
  ])("reads the time of %s as well as its level and text", (_, text, line) => {
    expect(one(text)).toMatchObject({ at: AT, ...line });
  });

  test("reads a line of Redis in the time zone of its host", () => {
    expect(one("26782:M 30 Nov 2026 02:31:17.236 # Memory overcommit")).toMatchObject({
      at: new Date(2026, 10, 30, 2, 31, 17, 236).getTime(),
      ...{ level: "warn", text: "Memory overcommit" },
    });
  });

  test("what Redis says at each start is no warning, though Redis marks it as one", () => {
    expect(one("1:C 30 Nov 2026 02:31:17.236 # Configuration loaded")).toMatchObject({ level: "info" });
  });

  test.each<[string, boolean, string]>([
    ["ERROR no disk", false, "error"],
    ["warning: no disk", false, "warn"],
    ["0 errors found", false, "info"],
    ["the error budget is fine", false, "info"],
    ["listening on 8080", true, "info"],
    ["error 3", true, "error"],
    ["(node:12) DeprecationWarning: old", true, "warn"],
  ])("%j (standard error: %j) is %s", (text, isError, level) => {
    expect(parseLogLines([raw(text, { isError })], NOW)[0]).toMatchObject({ level, text });
  });

  test("takes the stack of an error in JSON into the text, with what caused it", () => {
    const err = {
      type: "Failure",
      message: "no",
      stack: "Failure: no\n    at a.ts:1",
      cause: { message: "deep", stack: "Error: deep\n    at b.ts:2" },
    };
    expect(one(JSON.stringify({ level: "warn", time: AT, err, msg: "loop fails" }))).toMatchObject({
      text: "loop fails\nFailure: no\n    at a.ts:1\nCaused by: Error: deep\n    at b.ts:2",
      fields: { "err.type": "Failure", "err.message": "no", "err.cause.message": "deep" },
    });
  });
});

describe("lines that belong together", () => {
  test("a death of Node is one line: what was thrown first, and where", () => {
    const [death, next] = parse(
      "/app/billing.ts:12",
      "throw new Error('no');",
      "^",
      "",
      "TypeError: no such price",
      "    at price (/app/billing.ts:12:9) {",
      "  code: 'E_PRICE',",
      "  [cause]: Error: deep",
      "}",
      "",
      "Node.js v24.21.0",
      "hello from the next process",
    );
    expect(death).toMatchObject({ level: "fatal", fields: { thrown_at: "/app/billing.ts:12" } });
    expect(death?.text).toMatch(/^TypeError: no such price\n {4}at price [\s\S]*\n}\nNode\.js v24\.21\.0$/);
    expect(next).toMatchObject({ text: "hello from the next process", level: "info" });
  });

  test.each(["Error: no", "Failure [Error]: no", "Uncaught 'no'"])("a death of Node by %j is one, too", (thrown) => {
    expect(
      one("node:internal/x:95", "      throw er;", "      ^", "", thrown, "    at a.ts:1", "", "Node.js v24.21.0"),
    ).toMatchObject({
      ...{ level: "fatal", text: `${thrown}\n    at a.ts:1\nNode.js v24.21.0` },
      fields: { thrown_at: "node:internal/x:95" },
    });
  });

  test.each<[string, string[], string]>([
    ["of Python", ["Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: no"], "error"],
    [
      "of Python below the line of its logger",
      [
        "ERROR:root:failed",
        "Traceback (most recent call last):",
        '  File "a.py"',
        "ValueError: no",
        "During handling of the above exception, another exception occurred:",
        "Traceback (most recent call last):",
        '  File "b.py"',
        "KeyError: 1",
      ],
      "error",
    ],
    [
      "of Java",
      ["SEVERE: failed", "\tat a.B.c(B.java:1)", "Caused by: java.io.IOException: no", "\tat d.E", "... 12 more"],
      "error",
    ],
    ["of Go", ["panic: no", "goroutine 1 [running]:", "main.main()", "\t/app/main.go:3"], "fatal"],
    ["of Rust", ["thread 'main' panicked at src/main.rs:2:5:", "no", "note: run with `RUST_BACKTRACE=1`"], "fatal"],
  ])("a trace %s is one line, and the next line is another", (_, texts, level) => {
    const [trace, next, ...more] = parse(...texts, "2026-11-30T02:31:17.236Z info goes on");
    expect(trace).toMatchObject({ text: texts.join("\n"), level });
    expect([next?.text, more]).toEqual(["goes on", []]);
  });

  test("the statement of an error of PostgreSQL stands below it, that of another session does not", () => {
    const time = "2026-11-30 02:31:17.236 UTC";
    const lines = parse(
      `${time} [7] ERROR:  no`,
      `${time} [7] STATEMENT:  select`,
      "\tfrom x",
      `${time} [8] STATEMENT:  select 2`,
    );
    expect(lines.map(({ text }) => text)).toEqual(["no\nSTATEMENT: select\n\tfrom x", "[8] STATEMENT:  select 2"]);
  });

  test("lines of two sources are never joined", () => {
    const lines = parseLogLines(
      [raw("failed"), raw("    at a.ts:1", { source: "shipping" }), raw("    at b.ts:2")],
      NOW,
    );
    expect(lines.map(({ source, text }) => `${source} ${text}`)).toEqual([
      "billing failed\n    at b.ts:2",
      "shipping at a.ts:1",
    ]);
  });

  test("a trace without end is cut into lines", () => {
    const frames = Array.from({ length: 1000 }, (_, index) => `    at f${index}`);
    expect(parse("Error: too deep", ...frames)).toHaveLength(4);
  });
});

describe("what a line belongs to", () => {
  test.each<[Record<string, unknown>, Partial<LogLine>]>([
    [{ trace_id: TRACE.toUpperCase() }, { trace: TRACE, fields: {} }],
    [{ traceId: TRACE }, { trace: TRACE }],
    [{ trace: { id: TRACE } }, { trace: TRACE }],
    [{ traceparent: `00-${TRACE}-b7ad6b7169203331-01` }, { trace: TRACE }],
    [{ trace: "not an id" }, { trace: null, fields: { trace: "not an id" } }],
    [{ run: "run-7" }, { run: "run-7", fields: {} }],
    [{ runId: "a b" }, { run: null }],
    [{ operation: "op-481" }, { operation: "op-481", fields: {} }],
    [{ started_by: "op-481:billing:start" }, { operation: "op-481", fields: { started_by: "op-481:billing:start" } }],
    [{ op: "open" }, { operation: null, fields: { op: "open" } }],
  ])("%j", (fields, line) => {
    expect(one(JSON.stringify({ level: 30, msg: "x", ...fields }))).toMatchObject(line);
  });
});
