import { Failure } from "@rollcall/core/domain/failure.ts";
import { describe, expect, test } from "vitest";
import { callers, makeApp as makeAppOfOthers } from "./app-fixture.ts";
import type { AppDeps } from "./deps.ts";

const token = `rc_${"a".repeat(43)}`;
const admin = { authorization: `Bearer ${token}` };
const person = { id: "admin", name: "Admin", mails: [], slack: [], role: "admin" } as const;

/** With an admin who has a token. */
const makeApp = (change: (deps: AppDeps) => AppDeps = (deps) => deps) =>
  makeAppOfOthers((deps) => {
    const { directory } = deps.ports;
    const byToken = (text: string) =>
      text === token ? { person, tokenId: "t-admin", scopes: ["read"] } : directory.byToken(text);
    return change({ ...deps, ports: { ...deps.ports, directory: { ...directory, byToken } } });
  });

describe("GET /api/v1/audit/export", () => {
  const url = "/api/v1/audit/export";

  test("is for admins alone, and nothing leaves for anybody else", async () => {
    const { app } = makeApp();
    for (const who of ["viewer", "operator"] as const) {
      const answer = await app.inject({ url, headers: callers[who] });
      expect([answer.statusCode, answer.json().code]).toEqual([403, "forbidden"]);
    }
  });

  test("is written down with who, format and conditions before the first row leaves", async () => {
    const { app, seen } = makeApp();
    const answer = await app.inject({ url: `${url}?format=csv&actor=viewer`, headers: admin });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toContain("text/csv");
    expect(answer.headers["content-disposition"]).toBe('attachment; filename="audit.csv"');
    expect(answer.body).toMatch(/^seq,at,event,actor/);
    expect(seen.audit).toMatchObject([{ event: "export", actor: "admin", detail: { format: "csv", actor: "viewer" } }]);
  });

  test("is refused if it cannot be written down", async () => {
    const { app } = makeApp((deps) => {
      const append = () => Promise.reject(new Failure("unavailable", "PostgreSQL does not answer"));
      return { ...deps, ports: { ...deps.ports, audit: { ...deps.ports.audit, append } } };
    });
    const answer = await app.inject({ url, headers: admin });
    expect([answer.statusCode, answer.json().code]).toEqual([503, "unavailable"]);
  });

  test.each([
    ["format=xml"],
    ["from=yesterday"],
    ["from=2026-11-21T03:10:00Z&to=2026-11-21T03:10:00Z"],
    ["text=x"],
    [`text=${"x".repeat(101)}`],
    ["event=gossip"],
    ["decision=maybe"],
    ["limit=5"],
    ["command=rm%20-rf"],
  ])("%s is 400", async (query) => {
    const { app } = makeApp();
    expect((await app.inject({ url: `${url}?${query}`, headers: admin })).statusCode).toBe(400);
  });
});
