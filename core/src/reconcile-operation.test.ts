import { operationOf } from "@rollcall/test/operation-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand, FoundOut } from "./command.ts";
import { Failure } from "./domain/failure.ts";
import type { Ending, Operation, TargetProgress } from "./domain/operation.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import { LEDGERS_KEEP_MS, reconcileOperation } from "./reconcile-operation.ts";

const WHY = "Redis does not answer for 10 min, so it is not known what became of it";
let fleet: FakeFleet;
/** What asking comes to, by agent. */
let answers: Map<string, FoundOut | null | Failure>;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices");
  answers = new Map();
});

const stage = (name: string, state: "done" | "failed" | "skipped", error: string | null = null) => ({
  ...{ name, state, startedAt: 1, endedAt: 2, detail: null, error },
});

const target = (agent: string, ending: Ending): TargetProgress => ({
  ...{ agent, ending, memory: {} },
  stages: [
    stage("sent", "done"),
    stage("stopped", ending === "unknown" ? "failed" : "done", ending === "unknown" ? WHY : null),
    stage("working", ending === "unknown" ? "skipped" : "done"),
  ],
});

const unknown = (changes: Partial<Operation> = {}): Operation =>
  operationOf({
    ...{ state: "ended", ending: "unknown", error: WHY, endedAt: fleet.now - 60_000, revision: 9 },
    targets: [target("billing", "unknown")],
    ...changes,
  });

const command = (findOut: boolean): ActCommand =>
  ({
    name: "restart",
    kind: "act",
    ...(findOut && {
      async findOut({ agent }: TargetProgress) {
        const found = answers.get(agent) ?? null;
        if (found instanceof Failure) throw found;
        return found;
      },
    }),
  }) as unknown as ActCommand;

const reconcile = (operation: Operation, findOut = true) =>
  reconcileOperation(operation, { ports: fleet.ports, commands: [command(findOut)] });

const WORKS: FoundOut = { state: "done", ending: "recovered", detail: "echo 2 ms" };

describe("an outcome that was not known", () => {
  test("becomes the truth in the same operation, at the stage where it was lost", async () => {
    answers.set("billing", WORKS);
    const found = await reconcile(unknown());
    expect(found?.operation).toMatchObject({ id: "op-1", ending: "recovered", error: null, knownAt: fleet.now });
    expect(found?.operation.targets[0]).toMatchObject({
      ending: "recovered",
      stages: [{ state: "done" }, { name: "stopped", state: "done", detail: "echo 2 ms", error: null }, {}],
    });
  });

  test("is audited with what it was taken for, and what it is", async () => {
    answers.set("billing", { state: "failed", ending: "did-not-come-back", error: "exit 1" });
    expect((await reconcile(unknown()))?.audit).toMatchObject({
      ...{ event: "outcome", action: "found-out", operationId: "op-1", targets: ["billing"] },
      detail: { was: "unknown", ending: "did-not-come-back", error: "exit 1" },
    });
  });

  test.each<[string, FoundOut | null | Failure]>([
    ["nobody can tell yet", null],
    ["who could tell is away", new Failure("unavailable", "the supervisor does not answer")],
  ])("stays unknown while %s", async (_, answer) => {
    answers.set("billing", answer);
    expect(await reconcile(unknown())).toBeNull();
  });

  test("is not asked about while somebody acts on the agent", async () => {
    answers.set("billing", WORKS);
    fleet.running.push(operationOf({ id: "op-2" }));
    expect(await reconcile(unknown())).toBeNull();
  });

  test("of one agent among several leaves the others as they are, and the whole follows from all", async () => {
    answers.set("invoices", WORKS);
    const targets = [target("billing", "recovered"), target("invoices", "unknown")];
    const found = await reconcile(unknown({ ending: "partly", targets }));
    expect(found?.operation).toMatchObject({ ending: "recovered", knownAt: fleet.now });
    expect(found?.operation.targets[0]).toBe(targets[0]);
  });

  test("goes on being asked about while another agent's is not known", async () => {
    answers.set("invoices", WORKS);
    const found = await reconcile(unknown({ targets: [target("billing", "unknown"), target("invoices", "unknown")] }));
    expect(found?.operation.targets.map(({ ending }) => ending)).toEqual(["unknown", "recovered"]);
    expect(found?.operation.knownAt).toBeUndefined();
  });

  test("does not undo that the operation was cancelled", async () => {
    answers.set("billing", WORKS);
    const found = await reconcile(unknown({ ending: "cancelled", error: "cancelled by Olga" }));
    expect(found?.operation).toMatchObject({ ending: "cancelled", error: "cancelled by Olga" });
  });
});

describe("nobody can tell any more, and that is said", () => {
  const GIVEN_UP = { ending: "unknown", error: `${WHY}. Nobody can tell any more: look at it yourself.` };

  test("when the ledgers have forgotten it", async () => {
    const old = unknown({ endedAt: fleet.now - LEDGERS_KEEP_MS - 1 });
    expect((await reconcile(old))?.operation).toMatchObject({ ...GIVEN_UP, knownAt: fleet.now });
  });

  test("of a command whose effects nobody keeps", async () => {
    expect((await reconcile(unknown(), false))?.operation).toMatchObject({ ...GIVEN_UP, knownAt: fleet.now });
  });
});
