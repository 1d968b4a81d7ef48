import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../tools/free-port.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-stand-in-"));
});
afterAll(() => rm(folder, { recursive: true }));

const KEY = "0123456789abcdef0123456789abcdef";

function start(main: string, environment: Record<string, string>) {
  const path = join(import.meta.dirname, "..", main, "main.ts");
  const child = spawn(process.execPath, [path], { env: { PATH: process.env.PATH ?? "", ...environment } });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  return { child, said, end: once(child, "exit") };
}

describe("a stand-in as a process", () => {
  test("logs its address, keeps what came last, and ends with 0 on SIGTERM", async () => {
    const port = await findFreePort();
    const data = join(folder, "pagerduty.json");
    const environment = {
      PAGERDUTY_STANDIN_PORT: String(port),
      PAGERDUTY_ROUTING_KEY: KEY,
      PAGERDUTY_STANDIN_DATA: data,
    };
    const { child, said, end } = start("pagerduty", environment);
    await expect.poll(() => said.out, { timeout: 15_000 }).toContain("PagerDuty stand-in listens");
    const payload = { summary: "billing is gone", source: "x", severity: "critical" };
    const body = JSON.stringify({ routing_key: KEY, event_action: "trigger", dedup_key: "k", payload });
    expect((await fetch(`http://127.0.0.1:${port}/v2/enqueue`, { method: "POST", body })).status).toBe(202);
    child.kill("SIGTERM");
    expect(await end).toEqual([0, null]);
    expect(await readFile(data, "utf8")).toContain("billing is gone");
  });

  test("names every wrong setting and ends with 1", async () => {
    const { said, end } = start("slack", {});
    expect(await end).toEqual([1, null]);
    expect(said.err).toContain("Slack stand-in cannot start: SLACK_SIGNING_SECRET");
    expect(said.err).toContain("SLACK_BOT_TOKEN");
  });

  test("says in one line that its port is taken", async () => {
    const port = await findFreePort();
    const environment = { SLACK_STANDIN_PORT: String(port), SLACK_SIGNING_SECRET: KEY, SLACK_BOT_TOKEN: "xoxb-1" };
    const first = start("slack", environment);
    await expect.poll(() => first.said.out, { timeout: 15_000 }).toContain("Slack stand-in listens");
    const second = start("slack", environment);
    expect(await second.end).toEqual([1, null]);
    expect(second.said.err).toContain("EADDRINUSE");
    first.child.kill("SIGINT");
    expect(await first.end).toEqual([0, null]);
  });
});
