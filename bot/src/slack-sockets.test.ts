import { describe, expect, test } from "vitest";
import { createMetrics } from "./metrics/metrics.ts";
import { watchSockets } from "./slack-sockets.ts";

describe("sockets to Slack in /ready", () => {
  test("are down until one is open, and name why none is", async () => {
    const { note, check } = watchSockets(createMetrics({ version: "0" }).slack);
    await expect(check()).rejects.toThrow("0 of 2 open");
    note({ wanted: 2, connected: 0, problem: "invalid_auth" });
    await expect(check()).rejects.toThrow("0 of 2 open: invalid_auth");
    note({ wanted: 2, connected: 1, problem: "Slack does not answer" });
    expect(await check()).toBe("1 of 2 open: Slack does not answer");
    note({ wanted: 2, connected: 2, problem: null });
    expect(await check()).toBe("2 of 2 open");
  });
});
