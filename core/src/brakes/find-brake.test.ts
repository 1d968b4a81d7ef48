import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ActCommand, defineCommand } from "../command.ts";
import { OPERATOR } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { AuditEntry } from "../ports/audit-log.ts";
import type { Acceptance } from "../ports/command-store.ts";
import { type CommandRequest, type Engine, runCommand } from "../run-command.ts";
import { BRAKE_LIMITS } from "./brake-limits.ts";
import type { Brake, BudgetQuestion } from "./restart-budget.ts";

const input = z.strictObject({ who: z.array(z.string()) });
const command = (name: string, changes: Partial<ActCommand> = {}): ActCommand =>
  defineCommand({
    ...{ name, aliases: [], kind: "act", summary: "Do something", role: "operator", danger: 2, input },
    ...{ words: ["who"], examples: [] },
    targets: async (raw, { ports }) => {
      const { agents } = await ports.registry.expected();
      return agents.filter(({ id }) => input.parse(raw).who.includes(id));
    },
    stages: [{ name: "sent", run: async () => ({ state: "done" }) }],
    ...changes,
  });

const CLOSED: Brake = {
  ...{ rule: "restart-budget", why: "restart is locked, 3 in 15 min, none helped (05:13, 05:16, 05:19)" },
  ...{ opens: "Opens 05:28 or when the alert clears", opensAt: 1_800_000_480_000, agents: ["billing"] },
};

let fleet: FakeFleet;
let brake: Brake | null;
let asked: BudgetQuestion[];
let accepted: Acceptance[];
let audited: AuditEntry[];
let engine: Engine;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices", "shipping", "crm-chat", "stock-keeper");
  brake = CLOSED;
  [asked, accepted, audited] = [[], [], []];
  const brakes = {
    standing: async (question: BudgetQuestion) => {
      asked.push(question);
      return brake;
    },
  };
  const audit = { ...fleet.ports.audit, append: async (entry: AuditEntry) => audited.push(entry) };
  engine = {
    commands: [command("restart", { interrupts: true }), command("ack")],
    ports: { ...fleet.ports, brakes, audit },
    brakes: BRAKE_LIMITS,
    store: {
      find: async () => null,
      accept: async (acceptance) => {
        accepted.push(acceptance);
        return { operation: { id: "op-1" } as never, repeated: false };
      },
    },
  };
});

const ask = (changes: Partial<CommandRequest> = {}) =>
  runCommand(
    {
      ...{ command: "restart", input: { who: ["billing"] }, actor: OPERATOR, door: "slack", reason: null },
      ...{ requestId: "r1", idempotencyKey: "k1", incidentId: null },
      ...changes,
    },
    engine,
  );

/** Asks, and confirms the plan that comes back. */
async function askTwice(changes: Partial<CommandRequest>) {
  const planned = await ask(changes);
  if (planned.kind !== "plan" || planned.confirm === null) throw new Error(`no plan, but ${planned.kind}`);
  return await ask({ ...changes, confirm: planned.confirm.token });
}

describe("a brake in the way of a command", () => {
  test("refuses it in words that say when it opens and how a second person lifts it", async () => {
    await expect(ask()).rejects.toMatchObject({
      code: "too_many_requests",
      message: "restart is locked, 3 in 15 min, none helped (05:13, 05:16, 05:19)",
      detail: {
        rule: "restart-budget",
        retryAt: 1_800_000_480_000,
        next: 'Opens 05:28 or when the alert clears; a second person can lift it: `restart billing --force --reason "…"`. Nothing was done.',
      },
    });
    expect(accepted).toEqual([]);
  });

  test("is written down as a refusal", async () => {
    await expect(ask()).rejects.toThrow();
    expect(audited).toEqual([
      expect.objectContaining({
        decision: "refused",
        rule: "restart-budget",
        targets: ["billing"],
        command: "restart",
      }),
    ]);
  });

  test("is passed by a second person: force and a reason make a request, and nothing is done yet", async () => {
    const answer = await askTwice({ force: true, reason: "the token is new" });
    expect(answer).toMatchObject({
      kind: "request",
      request: { reason: "the token is new", why: expect.stringContaining("restart is locked, 3 in 15 min") },
    });
    expect(accepted).toEqual([]);
  });

  test("is not passed without a reason", async () => {
    await expect(ask({ force: true })).rejects.toMatchObject({
      code: "invalid_input",
      detail: { rule: "reason-needed" },
    });
  });

  test("is not passed by what is no person", async () => {
    const schedule = { ...OPERATOR, id: "schedule:nightly", person: false };
    await expect(ask({ actor: schedule, force: true, reason: "nightly" })).rejects.toMatchObject({ code: "forbidden" });
  });

  test("does not concern a command that interrupts nobody", async () => {
    expect(await ask({ command: "ack" })).toMatchObject({ kind: "act" });
    expect(asked).toEqual([]);
  });
});

describe("without a brake in the way", () => {
  beforeEach(() => {
    brake = null;
  });

  test("the command is accepted with what it must keep to, to be asked again when it is stored", async () => {
    await ask();
    expect(accepted[0]?.budget).toEqual({
      ...{ command: "restart", agents: ["billing"], isPerson: true, isAlone: true, fleetSize: 5, limits: BRAKE_LIMITS },
    });
  });

  test("force needs no second person", async () => {
    expect(await ask({ force: true, reason: "does not answer" })).toMatchObject({ kind: "act" });
  });

  test("more agents than one person may touch are not held to the share of the fleet", async () => {
    const who = ["billing", "invoices", "shipping", "crm-chat"];
    expect(await askTwice({ input: { who }, reason: "new broker" })).toMatchObject({ kind: "request" });
    expect(asked[0]).toMatchObject({ isAlone: false });
  });
});
