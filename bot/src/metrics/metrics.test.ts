import { Failure } from "@rollcall/core/domain/failure.ts";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { operationOf } from "../http/app-fixture.ts";
import { createMetrics } from "./metrics.ts";

const make = () => {
  const metrics = createMetrics({ version: "1.2.3" });
  return { metrics, read: (name: string) => metrics.registry.getSingleMetricAsString(name) };
};

describe("command metrics", () => {
  test("count what a door was told, and give back what the command gave", async () => {
    const { metrics, read } = make();
    const request = { command: "restart", door: "slack" };
    const accepted = { kind: "act", repeated: false };
    expect(await metrics.commands.count(request, async () => accepted)).toBe(accepted);
    await metrics.commands.count(request, async () => ({ kind: "act", repeated: true }));
    await metrics.commands.count({ command: "status", door: "http" }, async () => ({ kind: "read" }));
    const text = await read("rollcall_commands_total");
    expect(text).toContain('{command="restart",door="slack",outcome="accepted"} 1');
    expect(text).toContain('{command="restart",door="slack",outcome="repeated"} 1');
    expect(text).toContain('{command="status",door="http",outcome="answered"} 1');
  });

  test("count refusals by their code and bugs as bugs, and throw them on", async () => {
    const { metrics, read } = make();
    const fail = (error: Error) => () => Promise.reject(error);
    const request = { command: "restart", door: "http" };
    await expect(metrics.commands.count(request, fail(new Failure("forbidden", "no")))).rejects.toThrow("no");
    await expect(metrics.commands.count(request, fail(new TypeError("bug")))).rejects.toThrow("bug");
    const text = await read("rollcall_commands_total");
    expect(text).toContain('outcome="forbidden"} 1');
    expect(text).toContain('outcome="bug"} 1');
  });

  test("make one series for all names that are no command, whatever somebody typed", async () => {
    const { metrics, read } = make();
    for (let index = 0; index < 50; index += 1) {
      const run = () => Promise.reject(new Failure("unknown_command", "no such command"));
      await metrics.commands.count({ command: `typed-${index}`, door: "slack" }, run).catch(() => undefined);
    }
    expect((await read("rollcall_commands_total")).match(/^rollcall_commands_total\{/gm)).toHaveLength(1);
  });

  test("know how each operation ended and how long it took from its acceptance", async () => {
    const { metrics, read } = make();
    metrics.commands.ended(operationOf({ state: "ended", ending: "recovered", createdAt: 1000, endedAt: 42_000 }));
    metrics.commands.ended(operationOf({ state: "ended", ending: null, endedAt: null }));
    expect(await read("rollcall_operations_ended_total")).toContain('{command="restart",ending="recovered"} 1');
    expect(await read("rollcall_command_duration_seconds")).toContain('_sum{command="restart"} 41');
    expect(await read("rollcall_command_duration_seconds")).toContain('_count{command="restart"} 1');
  });
});

describe("database metrics", () => {
  test("count connections and time every query of a pool, however it is sent", async () => {
    const { metrics, read } = make();
    expect(await read("rollcall_database_connections")).not.toMatch(/^rollcall/m);
    const pool = new pg.Pool({ connectionString: inject("postgresUrl"), max: 2 });
    metrics.database.watch(pool);
    const client = await pool.connect();
    await client.query("select 1");
    await expect(client.query("select nothing from nowhere")).rejects.toThrow();
    expect(await read("rollcall_database_connections")).toContain('{state="busy"} 1');
    client.release();
    await pool.query("select $1::int", [1]);
    expect(await read("rollcall_database_query_duration_seconds")).toContain("_count 3");
    expect(await read("rollcall_database_requests_waiting")).toContain(" 0");
    await pool.end();
  });
});

describe("lease, audit and Slack metrics", () => {
  test("show the lease as it is when they are read", async () => {
    const { metrics, read } = make();
    expect(await read("rollcall_leader")).toContain("rollcall_leader 0");
    metrics.lease.watch(() => ({ epoch: 7, held: true, leader: true }));
    expect(await read("rollcall_leader")).toContain("rollcall_leader 1");
    expect(await read("rollcall_lease_held")).toContain("rollcall_lease_held 1");
    expect(await read("rollcall_lease_epoch")).toContain("rollcall_lease_epoch 7");
  });

  test("show the audit head and the outbox once they are known", async () => {
    const { metrics, read } = make();
    metrics.audit.headSeen(41_207);
    metrics.slack.outbox({ waiting: 2, oldestSeconds: 3 });
    expect(await read("rollcall_audit_seq")).toContain("rollcall_audit_seq 41207");
    expect(await read("rollcall_slack_outbox_messages")).toContain(" 2");
    expect(await read("rollcall_slack_outbox_oldest_seconds")).toContain(" 3");
  });

  test("show the sockets to Slack only where there should be some", async () => {
    const { metrics, read } = make();
    expect(await read("rollcall_slack_sockets")).not.toMatch(/^rollcall_slack_sockets /m);
    metrics.slack.sockets({ connected: 1, wanted: 2 });
    expect(await read("rollcall_slack_sockets")).toContain("rollcall_slack_sockets 1");
    expect(await read("rollcall_slack_sockets_wanted")).toContain("rollcall_slack_sockets_wanted 2");
  });

  test("count refused requests by a short list of words", async () => {
    const { metrics, read } = make();
    metrics.slack.refused("signature");
    metrics.slack.refused("a word that nobody declared");
    const text = await read("rollcall_slack_requests_refused_total");
    expect(text).toContain('{reason="signature"} 1');
    expect(text).toContain('{reason="other"} 1');
  });
});
