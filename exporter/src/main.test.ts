import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FLEET_KEY } from "../test/fake-fleet.ts";

const start = (environment: Readonly<Record<string, string>>) =>
  spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: { PATH: process.env.PATH, NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });

describe("the exporter's process", () => {
  test("names everything that is wrong in its environment, and ends with 1", async () => {
    const child = start({ ROLLCALL_EXPORTER_PORT: "many" });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    expect(said).toMatch(/REDIS_URL.*ROLLCALL_FLEET.*ROLLCALL_FLEET_KEY.*ROLLCALL_EXPORTER_PORT/s);
  });

  test("answers without Redis, and ends with 0 when it is asked to", async () => {
    const child = start({
      REDIS_URL: "redis://exporter:hidden-password@127.0.0.1:1",
      ROLLCALL_FLEET: "demo",
      ROLLCALL_FLEET_KEY: FLEET_KEY,
      ROLLCALL_EXPORTER_PORT: "0",
    });
    let said = "";
    const url = await new Promise<string>((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const found = /"url":"([^"]+)"/.exec(said);
        if (found !== null) resolve(found[1] as string);
      });
    });
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "healthy", ready: false });
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(said).not.toContain("hidden-password");
  });
});
