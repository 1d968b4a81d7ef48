import { beforeEach, describe, expect, test } from "vitest";
import { callers, makeApp } from "./app-fixture.ts";
import type { AppDeps } from "./deps.ts";
import { askedBy } from "./request-fixture.ts";

let app: ReturnType<typeof makeApp>["app"];
let ports: AppDeps["ports"];
beforeEach(() => {
  ({ app } = makeApp((deps) => {
    ({ ports } = deps);
    return deps;
  }));
});
const get = async (path: string, headers: Record<string, string> = callers.viewer) =>
  await app.inject({ url: `/api/v1/requests${path}`, headers });
const idsIn = (answer: { json(): unknown }) =>
  (answer.json() as { requests: { id: string }[] }).requests.map(({ id }) => id);

describe("GET /requests", () => {
  test("lists what waits and what has ended, newest first, a page at a time", async () => {
    for (const key of ["a", "b", "c"]) await askedBy(key, ports);
    const first = await get("?limit=2");
    expect([idsIn(first), first.json().next]).toEqual([["req-3", "req-2"], "req-2"]);
    const last = await get("?limit=2&before=req-2");
    expect([idsIn(last), last.json().next]).toEqual([["req-1"], null]);
  });

  test("lists only what can still be approved if asked to", async () => {
    const { id, hash } = await askedBy("a", ports);
    await askedBy("b", ports);
    const by = { id: "adam", name: "Adam" };
    await ports.requests.settle({ id, state: "denied", hash, by, door: "slack", reason: "no", audit: {} as never });
    expect(idsIn(await get("?waiting=true"))).toEqual(["req-2"]);
    expect((await get("")).json().requests[1]).toMatchObject({ state: "denied", decisionReason: "no", decidedBy: by });
  });

  test.each([
    ["without a token", {}, 401],
    ["without a role", callers.roleless, 403],
    ["with a token that may not read", callers.actOnly, 403],
  ])("is refused %s", async (_, headers, status) => {
    expect((await get("", headers)).statusCode).toBe(status);
    expect((await get("/req-1", headers)).statusCode).toBe(status);
  });

  test.each(["?waiting=false", "?before=31", "?limit=0", "?state=waiting"])("takes no odd query: %s", async (query) => {
    expect((await get(query)).statusCode).toBe(400);
  });
});

describe("GET /requests/{id}", () => {
  test("shows one, with what it is bound to and without what belongs to the service", async () => {
    await askedBy("a", ports);
    const { request } = (await get("/req-1")).json();
    expect(request).toMatchObject({ id: "req-1", state: "waiting", hash: "a".repeat(64), operationId: null });
    expect(request.actor).toEqual({ id: "operator", name: "Operator" });
    expect(request).not.toHaveProperty("idempotencyKey");
  });

  test("says that there is none", async () => {
    expect((await get("/req-9")).json()).toMatchObject({ code: "not_found", message: "there is no request req-9" });
    expect((await get("/op-9")).statusCode).toBe(400);
  });
});
