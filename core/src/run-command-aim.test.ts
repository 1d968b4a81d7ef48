import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineCommand } from "./command.ts";
import { Failure, type FailureDetail } from "./domain/failure.ts";
import { OPERATOR } from "./fake-agent-fixture.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import type { AuditEntry } from "./ports/audit-log.ts";
import { type CommandRequest, runCommand } from "./run-command.ts";

interface Refusing {
  readonly detail: FailureDetail;
  readonly subjects?: () => readonly string[];
}

/** Runs a command that refuses when it is told what it is about. */
async function refusedBy({ detail, subjects }: Refusing): Promise<AuditEntry[]> {
  const audited: AuditEntry[] = [];
  const fleet = new FakeFleet("billing");
  const append = async (entry: AuditEntry) => audited.push(entry);
  const command = defineCommand({
    ...{ name: "take", aliases: [], kind: "act", summary: "Take it", role: "operator", danger: 1 },
    ...{ input: z.strictObject({}), words: [], examples: ["take"], stages: [] },
    ...(subjects && { subjects }),
    async targets() {
      throw new Failure("forbidden", "it is not yours", detail);
    },
  });
  const request: CommandRequest = {
    ...{ command: "take", input: {}, actor: OPERATOR, door: "slack", reason: null, requestId: "r-1" },
    ...{ idempotencyKey: "key-1", incidentId: null },
  };
  const store = { find: async () => null, accept: async () => Promise.reject(new Error("accepted")) };
  const ports = { ...fleet.ports, audit: { ...fleet.ports.audit, append } };
  await expect(runCommand(request, { commands: [command], ports, store })).rejects.toThrow("it is not yours");
  return audited;
}

describe("what a command refuses by itself", () => {
  test("is written down with its own rule and with what it was about", async () => {
    const detail = { rule: "own-request", allowed: ["Adam"] };
    expect(await refusedBy({ detail, subjects: () => ["req-1"] })).toMatchObject([
      { event: "decision", decision: "refused", rule: "own-request", targets: ["req-1"], command: "take" },
    ]);
  });

  test("is written down also if it says neither a rule nor what it was about", async () => {
    expect(await refusedBy({ detail: {} })).toMatchObject([{ decision: "refused", rule: "command", targets: [] }]);
  });
});
