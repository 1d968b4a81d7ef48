import { pino } from "pino";
import { expect, test } from "vitest";
import { withContext } from "../protocol/request-context.ts";
import { type LogFormat, lineOptions, loggerIn, openLogStream } from "./log-lines.ts";

const TRACE = "a".repeat(32);
const context = {
  ...{ requestId: "req-1", correlationId: "cor-1", customerId: "cus-1" },
  traceparent: `00-${TRACE}-${"b".repeat(16)}-01`,
};
const ids = { request_id: "req-1", correlation_id: "cor-1", customer_id: "cus-1", trace_id: TRACE };

function logOf(format: LogFormat, googleProject?: string) {
  const lines: string[] = [];
  const options = lineOptions({ level: "info", format, service: "rollcall-test", googleProject });
  return { log: pino(options, { write: (line) => void lines.push(line) }), last: () => lines.at(-1) ?? "" };
}

test("every line carries request, correlation, customer and trace id through whatever is awaited", async () => {
  const { log, last } = logOf("json");
  await withContext(context, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    log.child({ part: "slack" }).info({ count: 2 }, "said");
  });
  expect(JSON.parse(last())).toMatchObject({ ...ids, level: "info", msg: "said", part: "slack", count: 2 });
  log.info("outside");
  expect(JSON.parse(last())).not.toHaveProperty("request_id");
});

test("a logger that was given a context keeps it anywhere, and names each id once", () => {
  const { log, last } = logOf("json");
  const bound = loggerIn(context, log).child({ door: "http" });
  bound.info("outside");
  expect(JSON.parse(last())).toMatchObject({ ...ids, door: "http" });
  withContext(context, () => bound.info("inside"));
  expect(last().match(/"request_id"/g)).toHaveLength(1);
});

test("lines for Google Cloud Logging have its names for severity, message and trace", () => {
  const { log, last } = logOf("google", "our-project");
  withContext(context, () => log.warn("late"));
  expect(JSON.parse(last())).toMatchObject({
    ...ids,
    severity: "WARNING",
    message: "late",
    "logging.googleapis.com/trace": `projects/our-project/traces/${TRACE}`,
    "logging.googleapis.com/spanId": "b".repeat(16),
    "logging.googleapis.com/trace_sampled": true,
  });
  const bare = logOf("google");
  withContext(context, () => bare.log.info("said"));
  expect(JSON.parse(bare.last())["logging.googleapis.com/trace"]).toBe(TRACE);
});

test.each([
  ["auto", true, true],
  ["auto", false, false],
  ["text", false, true],
  ["json", true, false],
  ["google", true, false],
] as const)("the format %s on a terminal (%s) is readable: %s", async (format, isTTY, isReadable) => {
  expect((await openLogStream(format, { isTTY, write: () => true })) !== undefined).toBe(isReadable);
});

test("a readable line says when, how bad, what and for whom, and is written at once", async () => {
  const shown: string[] = [];
  const stream = await openLogStream("text", { isTTY: false, write: (text) => shown.push(text) });
  const log = pino(lineOptions({ level: "info", format: "text", service: "rollcall-test" }), stream);
  withContext(context, () => log.warn({ agent: "billing\u001b[2J" }, "late"));
  expect(shown).toHaveLength(1);
  expect(shown[0]).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: late \{"request_id":"req-1",.*"agent":"billing\\u001b\[2J"\}\n$/,
  );
});
