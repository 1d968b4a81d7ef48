import { describe, expect, test } from "vitest";
import { readConfig } from "./config.ts";

const USABLE = {
  ROLLCALL_AGENT: "billing",
  ROLLCALL_FLEET: "demo",
  REDIS_URL: "redis://agent-billing:secret@127.0.0.1:6380",
  ROLLCALL_AGENT_KEY: "0".repeat(64),
  ROLLCALL_AGENT_DIR: "/tmp/billing",
};

describe("readConfig", () => {
  test("reads the environment, and drills are off unless they are asked for", () => {
    expect(readConfig(USABLE)).toEqual({
      agent: "billing",
      fleet: "demo",
      redisUrl: USABLE.REDIS_URL,
      isCluster: false,
      key: USABLE.ROLLCALL_AGENT_KEY,
      dir: "/tmp/billing",
      startedBy: null,
      allowDrills: false,
      version: "0.1.0",
      logFormat: "auto",
    });
    expect(readConfig({ ...USABLE, ROLLCALL_STARTED_BY: "", ROLLCALL_ALLOW_DRILLS: "" }).startedBy).toBeNull();
    expect(readConfig({ ...USABLE, ROLLCALL_ALLOW_DRILLS: "true" }).allowDrills).toBe(true);
  });

  test("names every problem at once", () => {
    const read = () =>
      readConfig({ ...USABLE, ROLLCALL_AGENT: "Billing!", REDIS_URL: "http://x", ROLLCALL_AGENT_KEY: "k" });
    expect(read).toThrow(/ROLLCALL_AGENT.*\n.*REDIS_URL.*\n.*ROLLCALL_AGENT_KEY/);
  });
});
