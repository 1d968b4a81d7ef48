import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createLogStore } from "@rollcall/core/adapters/postgres/log-store.ts";
import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { connectRedis } from "@rollcall/core/adapters/redis/connection.ts";
import { beatOf, workingAgent } from "@rollcall/core/fake-agent-fixture.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey, seal } from "@rollcall/core/protocol/seal.ts";
import { run } from "@rollcall/local/cli/rollcall.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import {
  authorization,
  createControlSetting,
  DELIVERY,
  FLEET,
  FLEET_NAME,
  postOf,
  type StartedControl,
  untilStatus,
  WEBHOOK_TOKEN,
} from "./control-process-fixture.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
let service: StartedControl;
let out: string[];
let errors: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  setting = await createControlSetting({
    databaseUrl: database.url,
    redisUrl: inject("redisUrl"),
    inherited: process.env,
  });
  service = await setting.start();
  await untilStatus(service, "/ready", 200);
});
beforeEach(() => {
  out = [];
  errors = [];
});
afterAll(async () => {
  await setting.endAll();
  await setting.remove();
  await database.drop();
});

const token = authorization.authorization.replace("Bearer ", "");
function rollcall(args: readonly string[], { isRich = false, ...change }: Record<string, string | boolean> = {}) {
  const environment = { ROLLCALL_ADDRESS: service.address, ROLLCALL_TOKEN: token, ...change } as NodeJS.ProcessEnv;
  const screen = {
    isRich: isRich === true,
    print: (line: string) => void out.push(line),
    complain: (line: string) => void errors.push(line),
    ask: null,
  };
  return run(args, environment, screen);
}
/** A heartbeat of an agent whose process then hears nothing. */
async function beatOnce(agent: string): Promise<void> {
  const redis = connectRedis({ url: inject("redisUrl"), name: "terminal-test" });
  const keys = keysOf(FLEET_NAME);
  const [seconds] = await redis.time();
  const at = Number(seconds) * 1000;
  const beat = beatOf(workingAgent(agent), at);
  const key = deriveAgentKey("a fleet key of at least 32 characters", agent);
  await redis.zadd(keys.beats, at, agent);
  await redis.hset(keys.presence, agent, seal(key, beat));
  redis.disconnect();
}

async function rows<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return await client
    .query<T>(sql)
    .then((result) => result.rows)
    .finally(() => client.end());
}

/** Hands requests on, but loses the answer to the first that changes something. */
async function startForgetfulProxy(address: string) {
  const keys: unknown[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await fetch(`${address}${request.url}`, {
      method: request.method ?? "GET",
      headers: Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => /^(authorization|content-type|idem|x-)/.test(name)),
      ) as Record<string, string>,
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks).toString() }),
    });
    const text = await answer.text();
    if (request.method === "POST") keys.push(request.headers["idempotency-key"]);
    if (request.method === "POST" && keys.length === 1) request.socket.destroy();
    else response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    close: () => server.close(),
  };
}

describe("rollcall in the terminal", { timeout: 60_000 }, () => {
  test("nothing typed is status; a look is answered in words, exit 0, without marks of markup", async () => {
    expect(await rollcall([])).toBe(0);
    expect(out[0]).toMatch(/^\p{Emoji}/u);
    expect(out.join("\n")).not.toMatch(/\*|`|\{\{/);
    expect(out.join("\n")).toContain("1 expected");
    expect(out.join("\n")).toMatch(/\d\d:\d\d:\d\d/);
  });

  test("bold is bold where it shows", async () => {
    await rollcall(["whoami"], { isRich: true });
    expect(out.join("\n")).toContain("\u001b[1m");
  });

  test("space and hyphen are equal, and flags of the grammar work", async () => {
    expect(await rollcall(["roll", "call", "billing"])).toBe(0);
    expect(await rollcall(["agents", "--page", "1", "--json"])).toBe(0);
    expect(JSON.parse(out.at(-1) ?? "")).toMatchObject({ report: { headline: expect.any(String) }, data: {} });
  });

  test("a change is followed to its end: done is exit 0, from the door terminal, with its reason", async () => {
    await service.ask("/webhooks/alertmanager", postOf(DELIVERY, { authorization: `Bearer ${WEBHOOK_TOKEN}` }));
    expect([await rollcall(["ack", "inc-1", "--reason", "I am on it"]), errors]).toEqual([0, []]);
    expect(out[0]).toMatch(/^⏳ ack inc-1 accepted \(op-\d+\)/);
    expect(out.at(-1)).toMatch(/^✅ ack inc-1: done in \d+\.\d s \(op-\d+\)$/);
    const stored = await rows("select door, reason from operations where command = 'ack'");
    expect(stored).toEqual([{ door: "terminal", reason: "I am on it" }]);
  });

  test("a change that ends badly is exit 2, with the stages on the way", async () => {
    expect(await rollcall(["restart", "billing"])).toBe(2);
    expect(out.some((line) => /^ {2}\S+.* [✗✓▸–]/.test(line))).toBe(true);
    expect(out.join("\n")).toMatch(/[❌⚠🚫❔].*restart billing/u);
  });

  test("as JSON a change is one document: the operation as it ended", async () => {
    expect(await rollcall(["restart", "billing", "--json"])).toBe(2);
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ operation: { command: "restart", state: "ended" } });
  });

  test("a change whose answer is lost is sent again with its key and happens once", async () => {
    const deaf = await startForgetfulProxy(service.address);
    const acked = () => rows<{ count: number }>("select count(*)::int from operations where command = 'ack'");
    const [before] = await acked();
    expect(await rollcall(["ack", "inc-1"], { ROLLCALL_ADDRESS: deaf.address })).toBe(0);
    const [after] = await acked();
    expect([deaf.keys.length, new Set(deaf.keys).size, (after?.count ?? 0) - (before?.count ?? 0)]).toEqual([2, 1, 1]);
    expect(out[0]).toContain("was accepted before");
    deaf.close();
  });

  test.each([
    [["restrat", "billing"], /No command "restrat"/],
    [["restart"], /./],
    [["restart", "billing", "--fast"], /has no flag --fast/],
    [["agent", "nobody"], /nobody/],
    [["status", "--address", "ftp://x"], /The address is "ftp:\/\/x"/],
    [["status", "--token"], /--token needs a value/],
    [["status", "--token", "rc_guess"], /token is not known/],
  ])("%j is refused with words, exit 1", async (args, words) => {
    expect(await rollcall(args)).toBe(1);
    expect(errors[0]).toMatch(words);
    expect(out).toEqual([]);
  });

  test("a refusal as JSON has code and message", async () => {
    expect(await rollcall(["restrat", "--json"])).toBe(1);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({
      error: { code: "unknown_command", allowed: expect.arrayContaining(["restart"]) },
    });
  });

  test("a roll call tells what is known while it waits, apart from its answer", async () => {
    await beatOnce("billing");
    expect(await rollcall(["roll-call"])).toBe(0);
    expect(errors).toContain("⏳ 0 of 1 known, waiting for billing");
    expect(out[0]).toMatch(/^🔴 0 of 1 work/);
    errors = [];
    expect(await rollcall(["roll-call", "--json"])).toBe(0);
    expect(errors).toEqual([]);
  });

  test("the last lines of an agent are printed whole, with what they come to below; as JSON they are data", async () => {
    const pool = createPool({ url: database.url, name: "test" });
    const line = { source: "billing", kind: "agent", at: Date.now(), trace: null, run: null, operation: null } as const;
    await createLogStore(pool).keep({
      ...{ source: "terminal-test", before: null, after: "1" },
      lines: [
        { ...line, level: "info", text: "started", fields: {} },
        { ...line, level: "error", text: "cannot read key.pem\n    at pay.ts:3", fields: { order: "7" } },
      ],
    });
    await pool.end();
    expect(await rollcall(["logs", "billing"])).toBe(0);
    const printed = out.join("\n");
    expect(printed).toMatch(/INFO billing started\n\S+ ERROR billing cannot read key\.pem\n +at pay\.ts:3 order=7\n/);
    expect(printed).toMatch(/\n🔴 billing — 1 error in the last 2 lines\n/);
    out.length = 0;
    expect(await rollcall(["logs", "billing", "key.pem", "--json"])).toBe(0);
    const { data } = JSON.parse(out.join("\n")) as { data: { lines: { text: string }[] } };
    expect(data.lines.map(({ text }) => text)).toEqual(["cannot read key.pem\n    at pay.ts:3"]);
  });

  test("what needs a second person is asked for: exit 0, or with --wait how it was decided, exit 1 if nothing was done", async () => {
    const more = ["invoices", "shipping", "stock-keeper"].map((id) => FLEET.split("\n")[2]?.replace("billing", id));
    await writeFile(join(setting.folder, "fleet.yaml"), [FLEET.trimEnd(), ...more, ""].join("\n"));
    await expect
      .poll(
        async () => {
          await rollcall(["status"]);
          return out.join("\n");
        },
        { timeout: 30_000 },
      )
      .toContain("4 expected");
    out = [];
    const restart = ["restart", "all", "--reason", "new release", "--yes"];
    expect(await rollcall(restart)).toBe(0);
    expect(out.join("\n")).toMatch(
      /✋ restart billing.* waits for a second person \(req-\d+\).*\n.*Nothing has happened yet/,
    );
    const [first] = await rows<{ id: string }>("select id from approval_requests");
    expect(await rollcall(["withdraw", `req-${first?.id}`])).toBe(0);
    out = [];
    const waiting = rollcall([...restart, "--wait"]);
    await expect.poll(() => out.join("\n"), { timeout: 20_000 }).toContain("✋ restart");
    const [second] = await rows<{ id: string }>("select max(id) as id from approval_requests");
    const [, ...told] = await Promise.all([rollcall(["withdraw", `req-${second?.id}`]), waiting]);
    expect(told).toEqual([1]);
    expect(out.at(-1)).toBe(
      `⏹ restart billing invoices shipping stock-keeper was withdrawn by Operator (req-${second?.id}). Nothing was done.`,
    );
  });

  test("a service that is away is exit 3 and says what to look at", async () => {
    const address = `http://127.0.0.1:${await findFreePort()}`;
    expect(await rollcall(["status"], { ROLLCALL_ADDRESS: address })).toBe(3);
    expect(errors.join("\n")).toMatch(/nothing listens there[\s\S]*npm run status/);
  });

  test("without a token it says where one could come from", async () => {
    expect(await rollcall(["status"], { ROLLCALL_TOKEN: "", ROLLCALL_DATA_DIR: setting.folder })).toBe(1);
    expect(errors[0]).toContain("no --token, no ROLLCALL_TOKEN");
  });

  test("the program itself: help with its exit codes, and its exit code", () => {
    const program = join(import.meta.dirname, "../../local/rollcall.mjs");
    const start = (args: readonly string[]) =>
      spawnSync(process.execPath, [program, ...args], {
        env: { ...process.env, ROLLCALL_ADDRESS: service.address, ROLLCALL_TOKEN: token },
        encoding: "utf8",
        timeout: 30_000,
      });
    const help = start(["--help"]);
    expect([help.status, help.stdout]).toEqual([0, expect.stringMatching(/exit 3 [\s\S]*restart +Stop agents/)]);
    expect(start(["whoami"])).toMatchObject({ status: 0, stdout: expect.stringContaining("operator"), stderr: "" });
    expect(start(["nonsense"]).status).toBe(1);
  });
});
