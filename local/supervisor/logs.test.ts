import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuiltInSupervisor, connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { parseLogLines } from "@rollcall/core/logs/parse-log-lines.ts";
import type { RawLogLine } from "@rollcall/core/ports/log-source.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openOutputLog } from "./output-log.ts";
import { serveSupervisor } from "./server.ts";
import { openSupervisor } from "./supervisor.ts";

const DIES = `
console.log(new Date().toISOString() + " info started agent=billing");
console.error("warning: nothing yet");
throw new TypeError("no such price");
`;

let home: string;
let server: Server;
let stop: () => Promise<void>;
let client: BuiltInSupervisor;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "rollcall-supervisor-logs-"));
  writeFileSync(join(home, "agent.mjs"), DIES);
  const supervisor = await openSupervisor({
    dir: join(home, "supervisor"),
    agentsDir: join(home, "agents"),
    logsDir: join(home, "logs"),
    knownAgents: async () => [{ id: "billing" }],
    program: { path: process.execPath, args: [join(home, "agent.mjs")], cwd: home },
    environmentOf: () => ({}),
  });
  const socket = join(home, "s.sock");
  server = await serveSupervisor(supervisor, { socket, onError: () => undefined });
  client = connectBuiltInSupervisor(socket);
  stop = async () => {
    await supervisor.stopAll(0);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});
afterEach(async () => {
  await stop();
  rmSync(home, { recursive: true, force: true });
});

const logFile = (agent: string) => join(home, "logs", `${agent}.log`);

describe("logs of the built-in supervisor", () => {
  test("hold what an agent said at its death, as one line, and each line once", async () => {
    await client.start("billing", "op-1:billing:start");
    const lines: RawLogLine[] = [];
    let cursor: string | null = null;
    const read = async () => {
      const piece = await client.logs.read(cursor);
      cursor = piece.cursor;
      lines.push(...piece.lines);
      return parseLogLines(lines, Date.now());
    };
    await expect.poll(read).toMatchObject([
      { source: "billing", kind: "agent", level: "info", text: "started" },
      { level: "warn", text: "warning: nothing yet" },
      { level: "fatal", text: expect.stringMatching(/^TypeError: no such price\n {4}at [\s\S]*\nNode\.js v\S+$/) },
    ]);
    await read();
    const written = readFileSync(logFile("billing"), "utf8").trimEnd().split("\n");
    expect(lines.map(({ text }) => text).filter((text) => text !== "")).toEqual(written.filter((text) => text !== ""));
  });

  test("go on over the turning of a file, under a reader that comes and goes", async () => {
    const log = openOutputLog(logFile("billing"), 2_000);
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 10; index += 1) log.write(`line ${round * 10 + index}\n`);
      const piece = await client.logs.read(cursor);
      cursor = piece.cursor;
      seen.push(...piece.lines.map(({ text }) => text));
    }
    log.close();
    await expect
      .poll(async () => {
        const piece = await client.logs.read(cursor);
        cursor = piece.cursor;
        seen.push(...piece.lines.map(({ text }) => text));
        return seen.length;
      })
      .toBe(200);
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => `line ${index}`));
  });

  test("of 800 agents have a place that fits into the question", async () => {
    for (let index = 0; index < 800; index += 1) writeFileSync(logFile(`agent-with-a-name-${index}`), "one\n");
    let cursor: string | null = null;
    let count = 0;
    const read = async () => {
      const piece = await client.logs.read(cursor);
      cursor = piece.cursor;
      count += piece.lines.length;
      return count;
    };
    await expect.poll(read).toBe(800);
    expect(String(cursor).length).toBeGreaterThan(30_000);
    expect(await read()).toBe(800);
  });

  test("are read and not written: another method is refused", async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = request({ socketPath: join(home, "s.sock"), method: "POST", path: "/v1/logs" }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.once("error", reject);
      sent.end();
    });
    expect(status).toBe(404);
  });

  test("cannot be read where the supervisor is away, which is said", async () => {
    const away = connectBuiltInSupervisor(join(home, "nobody.sock"));
    await expect(away.logs.read(null)).rejects.toMatchObject({
      code: "unavailable",
      message: "the supervisor does not answer",
    });
  });
});
