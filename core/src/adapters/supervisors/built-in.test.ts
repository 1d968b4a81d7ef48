import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withContext } from "../../protocol/request-context.ts";
import { useTracer } from "../../protocol/span.ts";
import { type BuiltInSupervisor, connectBuiltInSupervisor } from "./built-in.ts";

const billing = { agent: "billing", state: "running", pid: 7, startedAt: 1, exit: null, lastErrors: [] };
const asked: string[] = [];
let folder: string;
let server: Server;
let supervisor: BuiltInSupervisor;

const ANSWERS: Readonly<Record<string, [status: number, body: string]>> = {
  "GET /v1/agents": [200, JSON.stringify({ agents: [billing] })],
  "GET /v1/agents/billing": [200, JSON.stringify(billing)],
  "POST /v1/agents/billing/start": [200, JSON.stringify(billing)],
  "POST /v1/agents/billing/kill": [200, JSON.stringify({ ...billing, state: "exited", pid: null })],
  "GET /v1/agents/billing/output?lines=2": [200, JSON.stringify({ lines: ["a", "b"] })],
  "GET /v1/agents/bad": [400, JSON.stringify({ code: "invalid_input", message: "no such field" })],
  "GET /v1/agents/html": [502, "<html>"],
  "GET /v1/agents/other": [200, "{}"],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "supervisor-"));
  server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url}`;
    if (line.endsWith("/mute")) return;
    let body = "";
    incoming.on("data", (part: Buffer) => {
      body += part.toString();
    });
    incoming.on("end", () => {
      asked.push(`${line} ${body}`.trim());
      const [status, text] = ANSWERS[line] ?? [404, JSON.stringify({ code: "unknown_agent", message: "no agent" })];
      outgoing.writeHead(status, { "content-type": "application/json" }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(join(folder, "s.sock"), resolve));
  supervisor = connectBuiltInSupervisor(join(folder, "s.sock"));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

describe("connectBuiltInSupervisor", () => {
  test("lists and inspects processes", async () => {
    expect(await supervisor.list()).toEqual([billing]);
    expect(await supervisor.inspect("billing")).toEqual(billing);
    expect(await supervisor.output("billing", 2)).toEqual(["a", "b"]);
  });

  test("every change carries its command's id", async () => {
    await supervisor.start("billing", "op-1:billing:start");
    expect((await supervisor.kill("billing", { commandId: "op-1:billing:kill", pid: 7 })).state).toBe("exited");
    expect(asked).toContain('POST /v1/agents/billing/start {"commandId":"op-1:billing:start"}');
    expect(asked).toContain('POST /v1/agents/billing/kill {"commandId":"op-1:billing:kill","pid":7}');
  });

  test.each([
    ["an agent it does not know", "nobody", { code: "unknown_agent", message: "no agent" }],
    ["a refusal", "bad", { code: "unavailable", message: "the supervisor refused: no such field" }],
    ["an error without words", "html", { code: "unavailable", message: "the supervisor refused: HTTP 502" }],
    ["an answer in another form", "other", { message: "the supervisor answered in another form" }],
    ["no answer within 2 s", "mute", { code: "unavailable", message: "the supervisor does not answer" }],
  ])("%s is a Failure", async (_, agent, failure) => {
    await expect(supervisor.inspect(agent)).rejects.toMatchObject(failure);
  });

  test("no supervisor at all is said as unavailable", async () => {
    await expect(connectBuiltInSupervisor("/nowhere.sock").list()).rejects.toMatchObject({ code: "unavailable" });
  });

  test("is a span of the trace that it belongs to, with the agent; what nobody asked for begins none", async () => {
    const begun: unknown[] = [];
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    useTracer({
      start: (name, { kind, attributes }) => {
        begun.push([name, kind, attributes]);
        return { traceparent, set: () => undefined, end: () => undefined };
      },
    });
    await supervisor.list();
    await withContext({ traceparent }, () => supervisor.start("billing", "cmd-1"));
    expect(begun).toEqual([["start process", "client", { "rollcall.agent.name": "billing" }]]);
  });
});
