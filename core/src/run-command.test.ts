import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type CommandDefinition, defineCommand, type Ports } from "./command.ts";
import type { Actor, Role } from "./domain/actor.ts";
import { Failure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";
import { plainReport } from "./domain/report.ts";
import { memoryRequests } from "./memory-requests-fixture.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { AuditEntry } from "./ports/audit-log.ts";
import type { Acceptance, CommandStore } from "./ports/command-store.ts";
import { type CommandRequest, type Engine, runCommand } from "./run-command.ts";

const actor = (role: Role | null): Actor => ({
  ...{ id: "olga", name: "Olga", role, person: true, source: "access.yaml", slackUser: null },
});
const input = z.strictObject({ who: z.array(z.string()).min(1), mode: z.enum(["soft", "hard"]).optional() });
const calls: string[] = [];
const plain = { aliases: [], words: [], examples: [] };
const commands: CommandDefinition[] = [
  defineCommand({
    ...plain,
    name: "status",
    aliases: ["st"],
    kind: "read",
    summary: "Show the fleet",
    role: "viewer",
    danger: 0,
    input: z.strictObject({}),
    async run(_, { actor: { name }, door, commands: all }) {
      calls.push("status");
      return { ...plainReport(`for ${name} at ${door}`), data: all.length };
    },
  }),
  defineCommand({
    ...plain,
    name: "whoami",
    kind: "read",
    summary: "Say who I am",
    role: null,
    danger: 0,
    input: z.strictObject({}),
    run: async () => ({ ...plainReport("you"), data: null }),
  }),
  defineCommand({
    ...plain,
    name: "restart",
    aliases: ["bounce"],
    kind: "act",
    summary: "Restart agents",
    role: "operator",
    danger: 2,
    input,
    async targets(raw) {
      calls.push("targets");
      const { who } = input.parse(raw);
      if (who.includes("nobody")) throw new Failure("unknown_agent", '"nobody" is no agent');
      return who.map((id) => ({ id }) as never);
    },
    needsSecondPerson: async (targets) =>
      targets.some(({ id }) => id === "billing") ? "billing is P0 and works" : null,
    stages: [
      { name: "sent", run: async () => ({ state: "done" }) },
      { name: "working", run: async () => ({ state: "done" }) },
    ],
  }),
  defineCommand({
    ...plain,
    name: "ack",
    kind: "act",
    summary: "Take an alert",
    role: "operator",
    danger: 1,
    input: z.strictObject({ alert: z.string() }),
    incidentId: ({ alert }) => String(alert),
    targets: async () => [],
    stages: [{ name: "acknowledged", run: async () => ({ state: "done" }) }],
  }),
];

let audited: AuditEntry[];
let accepted: Acceptance[];
let problems: string[];
let engine: Engine;

beforeEach(() => {
  calls.length = 0;
  audited = [];
  accepted = [];
  problems = [];
  const store: CommandStore = {
    find: async () => null,
    async accept(acceptance) {
      accepted.push(acceptance);
      return { operation: { id: "op-1" } as Operation, repeated: false };
    },
  };
  const ports = {
    audit: { append: async (entry: AuditEntry) => audited.push(entry) },
    clock: { now: () => 0 },
    rules: { current: () => NO_RULES },
    requests: memoryRequests({ now: () => 0 }),
    directory: {
      ...{ source: "access.yaml", byId: (id: string) => ({ id, role: "operator" }), confirm: async () => true },
      ...{ withRole: () => [{ id: "adam", name: "Adam" }], trust: () => ({ asOf: 0, held: null }) },
    },
    registry: { expected: async () => ({ agents: Array.from({ length: 22 }) }) },
  } as unknown as Ports;
  engine = { commands, ports, store, onProblem: (problem) => problems.push(problem) };
});

const ask = (changes: Partial<CommandRequest> = {}): CommandRequest => ({
  ...{ command: "restart", input: { who: ["invoices"] }, actor: actor("operator"), door: "slack" },
  ...{ reason: null, requestId: "req-1", idempotencyKey: "key-1", incidentId: null },
  ...changes,
});

describe("a command that looks", () => {
  test("is answered at once, and is not audited", async () => {
    const answer = await runCommand(ask({ command: "status", input: {}, idempotencyKey: null }), engine);
    expect(answer).toEqual({ kind: "read", report: plainReport("for Olga at slack"), data: 4 });
    expect(audited).toEqual([]);
  });

  test("is found by its alias", async () => {
    await runCommand(ask({ command: "st", input: {} }), engine);
    expect(calls).toEqual(["status"]);
  });

  test("needs no PostgreSQL", async () => {
    const away = async () => {
      throw new Failure("unavailable", "PostgreSQL does not answer");
    };
    const without = {
      ...engine,
      ports: { ...engine.ports, audit: { append: away } as never },
      store: { find: away, accept: away },
    };
    await expect(runCommand(ask({ command: "status", input: {} }), without)).resolves.toMatchObject({ kind: "read" });
  });

  test("is open to strangers only if it says so", async () => {
    const stranger = ask({ command: "whoami", input: {}, actor: actor(null) });
    await expect(runCommand(stranger, engine)).resolves.toMatchObject({ kind: "read" });
    await expect(runCommand({ ...stranger, command: "status" }, engine)).rejects.toMatchObject({ code: "forbidden" });
    expect(calls).toEqual([]);
  });
});

describe("a command that changes something", () => {
  test("is accepted with its audit intent", async () => {
    const answer = await runCommand(ask({ reason: "it hangs", incidentId: "inc-7" }), engine);
    expect(answer).toEqual({ kind: "act", operation: { id: "op-1" }, repeated: false });
    expect(accepted).toHaveLength(1);
    expect(accepted[0]).toMatchObject({
      command: "restart",
      input: { who: ["invoices"] },
      agents: ["invoices"],
      stages: ["sent", "working"],
      incidentId: "inc-7",
      idempotencyKey: "key-1",
      reason: "it hangs",
      audit: {
        event: "intent",
        actor: "olga",
        door: "slack",
        command: "restart",
        targets: ["invoices"],
        decision: "allowed",
        rule: "role-operator",
        reason: "it hangs",
        requestId: "req-1",
        detail: { input: { who: ["invoices"] }, role: "operator", source: "access.yaml", incident: "inc-7" },
      },
    });
    expect(audited).toEqual([]);
  });

  test("that is about an incident acts on that one", async () => {
    await runCommand(ask({ command: "ack", input: { alert: "inc-9" }, incidentId: "inc-7" }), engine);
    expect(accepted[0]).toMatchObject({ agents: [], incidentId: "inc-9" });
  });

  test("is answered with the first operation when it is repeated, whatever is true by then", async () => {
    const first = { id: "op-9" } as Operation;
    const again = {
      ...engine,
      store: { ...engine.store, find: async (key: string) => (key === "key-1" ? first : null) },
    };
    const answer = await runCommand(ask({ input: { who: ["billing"] } }), again);
    expect(answer).toEqual({ kind: "act", operation: first, repeated: true });
    expect([calls, accepted, audited]).toEqual([[], [], []]);
  });

  test("does not run when its audit row cannot be written", async () => {
    const store: CommandStore = {
      find: async () => null,
      accept: async () => {
        throw new Failure("unavailable", "PostgreSQL does not answer");
      },
    };
    await expect(runCommand(ask(), { ...engine, store })).rejects.toMatchObject({ code: "unavailable" });
    expect(audited).toEqual([]);
  });

  test("on an agent that is taken is refused with the operation that has it, and that is audited", async () => {
    const store = (found?: string): CommandStore => ({
      find: async () => null,
      accept: async () => {
        throw new Failure("conflict", "invoices is taken by op-3", found === undefined ? {} : { found });
      },
    });
    await expect(runCommand(ask(), { ...engine, store: store("op-3") })).rejects.toMatchObject({ code: "conflict" });
    await expect(runCommand(ask(), { ...engine, store: store() })).rejects.toMatchObject({ code: "conflict" });
    expect(audited).toMatchObject([
      { event: "decision", decision: "refused", rule: "one-per-agent", operationId: null, detail: { running: "op-3" } },
      { detail: { running: null } },
    ]);
  });

  test.each([
    ["without an idempotency key", { idempotencyKey: null }, "it needs an idempotency key"],
    ["with a reason that is too long", { reason: "x".repeat(201) }, "the reason is too long"],
  ])("is refused %s", async (_, changes, message) => {
    await expect(runCommand(ask(changes), engine)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining(message),
    });
    expect([calls, accepted]).toEqual([[], []]);
  });
});

describe("a refusal", () => {
  test("of a viewer is audited, and nothing else happens", async () => {
    const refused = runCommand(ask({ actor: actor("viewer"), input: { nonsense: true } }), engine);
    await expect(refused).rejects.toMatchObject({
      code: "forbidden",
      message: "restart needs operator; you are viewer from access.yaml",
      detail: { rule: "role-operator", allowed: ["Adam"], next: "Can do it now: Adam. Nothing was done." },
    });
    expect(audited).toMatchObject([
      { event: "decision", actor: "olga", decision: "refused", rule: "role-operator", command: "restart", targets: [] },
    ]);
    expect([calls, accepted]).toEqual([[], []]);
  });

  test("is not what becomes of a wish for which one person is not enough: it waits for another, once", async () => {
    const wish = ask({ input: { who: ["billing"] }, reason: "the release is broken" });
    const answer = await runCommand(wish, engine);
    expect(answer).toMatchObject({
      ...{ kind: "request", repeated: false },
      request: { rule: "second-person", targets: ["billing"], why: expect.stringContaining("billing is P0 and works") },
    });
    expect(await runCommand(wish, engine)).toEqual({ ...answer, repeated: true });
    expect(accepted).toEqual([]);
  });

  test.each([[true], [false]])("stands when it cannot be written down", async (isTold) => {
    const append = async () => {
      throw new Failure("unavailable", "PostgreSQL does not answer");
    };
    const { onProblem, ...rest } = { ...engine, ports: { ...engine.ports, audit: { append } as never } };
    const refused = runCommand(ask({ actor: actor("viewer") }), isTold && onProblem ? { ...rest, onProblem } : rest);
    await expect(refused).rejects.toMatchObject({ code: "forbidden" });
    expect(problems).toEqual(isTold ? ["a refusal could not be audited"] : []);
  });
});

describe("bad input", () => {
  test("an unknown command is answered with the nearest ones that one may use", async () => {
    await expect(runCommand(ask({ command: "restrat" }), engine)).rejects.toMatchObject({
      code: "unknown_command",
      message: 'No command "restrat". Nearest: restart.',
      detail: { found: "restrat", allowed: ["restart"] },
    });
    await expect(runCommand(ask({ command: "restrat", actor: actor(null) }), engine)).rejects.toMatchObject({
      message: 'No command "restrat". `help` lists them.',
      detail: { allowed: [] },
    });
  });

  test("a long word is cut", async () => {
    const long = runCommand(ask({ command: "x".repeat(5000) }), engine);
    await expect(long).rejects.toMatchObject({ detail: { found: "x".repeat(60) } });
  });

  test("is refused before any agent is looked up", async () => {
    await expect(runCommand(ask({ input: { who: [] } }), engine)).rejects.toMatchObject({ code: "invalid_input" });
    expect([calls, accepted]).toEqual([[], []]);
  });

  test("an unknown agent is the command's own answer", async () => {
    await expect(runCommand(ask({ input: { who: ["nobody"] } }), engine)).rejects.toMatchObject({
      code: "unknown_agent",
    });
    expect(accepted).toEqual([]);
  });
});
