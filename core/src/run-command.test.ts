import { beforeEach, describe, expect, test } from "vitest";
import { Failure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";
import { plainReport } from "./domain/report.ts";
import type { CommandStore } from "./ports/command-store.ts";
import { runCommand } from "./run-command.ts";
import { actorOf as actor, ask, type CommandStage, stageCommands } from "./run-command-fixture.ts";

let calls: CommandStage["calls"];
let audited: CommandStage["audited"];
let accepted: CommandStage["accepted"];
let problems: CommandStage["problems"];
let engine: CommandStage["engine"];

beforeEach(() => {
  ({ calls, audited, accepted, problems, engine } = stageCommands());
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

  test("has nothing to confirm, and says so", async () => {
    const confirming = { ...ask({ command: "status", input: {} }), confirm: "plan-token" };
    await expect(runCommand(confirming, engine)).rejects.toMatchObject({
      code: "invalid_input",
      message: "status only looks, so there is nothing to confirm",
    });
    expect(calls).toEqual([]);
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

  test("by force is accepted as that, with the reason that it needs", async () => {
    await runCommand(ask({ force: true, reason: "it hangs" }), engine);
    expect(accepted[0]?.typed).toBe('restart invoices --force --reason "it hangs"');
    expect(accepted[0]).toMatchObject({ force: true, audit: { detail: { force: true } } });
    await expect(runCommand(ask({ force: true }), engine)).rejects.toMatchObject({
      message: "--force skips the graceful order, so it needs a reason",
      detail: { rule: "reason-needed" },
    });
    expect(accepted).toHaveLength(1);
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
    const asked = ask({ input: { who: ["billing"] }, reason: "the release is broken" });
    const planned = await runCommand(asked, engine);
    const wish = { ...asked, confirm: planned.kind === "plan" ? (planned.confirm?.token ?? null) : null };
    const answer = await runCommand(wish, engine);
    expect(answer).toMatchObject({
      ...{ kind: "request", repeated: false },
      request: { rule: "p0-working", targets: ["billing"], why: expect.stringContaining("P0 agent billing works") },
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
