import { expect, test } from "vitest";
import { z } from "zod";
import { defineCommand, type Ports } from "./command.ts";
import { OPERATOR } from "./fake-agent-fixture.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import type { Acceptance } from "./ports/command-store.ts";
import { runCommand } from "./run-command.ts";

const SUBJECTS = ["redis", "postgres", "slack", "pager"];
const check = defineCommand({
  ...{ name: "check", aliases: [], summary: "Check everything", words: [], examples: [] },
  ...{ kind: "act", role: "operator", danger: 1, input: z.strictObject({}) },
  targets: async () => [],
  subjects: () => SUBJECTS,
  stages: [{ name: "checked", run: async () => ({ state: "done" }) }],
});

test("a command that works on no agents says on what: that is accepted, locked and audited, and needs nobody's consent", async () => {
  const accepted: Acceptance[] = [];
  const ports: Ports = new FakeFleet("billing").ports;
  const store = {
    find: async () => null,
    async accept(acceptance: Acceptance) {
      accepted.push(acceptance);
      return { operation: new FakeFleet().acting().operation, repeated: false };
    },
  };
  const wish = { command: "check", input: {}, actor: OPERATOR, door: "slack", reason: null } as const;
  await runCommand(
    { ...wish, requestId: "r", idempotencyKey: "k", incidentId: null },
    { commands: [check], ports, store },
  );
  expect(accepted).toMatchObject([{ agents: SUBJECTS, audit: { targets: SUBJECTS, decision: "allowed" } }]);
});
