import { requestContext } from "@rollcall/core/protocol/request-context.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";
import type { AppDeps } from "./deps.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const sent = {
  ...callers.operator,
  "x-request-id": "ticket-4711",
  "x-correlation-id": "order-7",
  "x-customer-id": "customer-3",
  traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
};

/** An app that keeps the context in which each command runs, behind a body that had to be read. */
function watched(logs?: AppDeps["logs"]) {
  const contexts: unknown[] = [];
  const made = makeApp((deps) => ({
    ...deps,
    ...(logs && { logs }),
    run: async (request) => {
      contexts.push(requestContext());
      return await deps.run(request);
    },
  }));
  const status = (headers: Record<string, string>) =>
    made.app.inject({ method: "POST", url: "/api/v1/commands/status", headers, payload: { input: {} } });
  return { ...made, contexts, status };
}

describe("a request's context", () => {
  test("holds the ids and the trace that the client sent, down to the command", async () => {
    const { contexts, status } = watched();
    expect((await status(sent)).statusCode).toBe(200);
    expect(contexts).toEqual([
      {
        ...{ requestId: "ticket-4711", correlationId: "order-7", customerId: "customer-3" },
        traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`)),
      },
    ]);
  });

  test("has a trace of its own, and the request's id as correlation, if nothing well-formed was sent", async () => {
    const { contexts, status } = watched();
    const odd = { "x-correlation-id": "a b<script>", "x-customer-id": "x".repeat(101), traceparent: "nonsense" };
    const answer = await status({ ...callers.operator, ...odd });
    const requestId = answer.headers["x-request-id"];
    const traceparent = expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(contexts).toEqual([{ requestId, correlationId: requestId, customerId: undefined, traceparent }]);
  });

  test("of one request is never that of another one beside it", async () => {
    const { contexts, status } = watched();
    const ids = Array.from({ length: 20 }, (_, index) => `request-${index}`);
    await Promise.all(ids.map((id) => status({ ...callers.operator, "x-request-id": id })));
    expect(contexts.map((context) => (context as { requestId: string }).requestId).toSorted()).toEqual(ids.toSorted());
  });

  test("stands in the line about its answer, each id once", async () => {
    const { seen, status } = watched();
    await status(sent);
    const line = seen.logs.find((one) => one.includes("request answered")) ?? "{}";
    const ids = { request_id: "ticket-4711", correlation_id: "order-7", customer_id: "customer-3", trace_id: TRACE };
    expect(JSON.parse(line)).toMatchObject(ids);
    for (const name of Object.keys(ids)) expect(line.split(`"${name}"`)).toHaveLength(2);
  });
});

describe("the switches of the log", () => {
  test("let requests be logged when they come in, and not when they are answered", async () => {
    const { seen, status } = watched({ requests: true, access: false, routes: false });
    await status(sent);
    expect(seen.logs.filter((line) => line.includes("request received"))).toHaveLength(1);
    expect(seen.logs.filter((line) => line.includes("request answered"))).toHaveLength(0);
  });

  test("let every route be logged at the start", async () => {
    const { seen, app } = watched({ requests: false, access: true, routes: true });
    await app.ready();
    const routes = seen.logs.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "route");
    expect(routes).toContainEqual(expect.objectContaining({ method: "POST", route: "/api/v1/commands/:name" }));
  });
});
