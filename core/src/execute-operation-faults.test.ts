import { operationOf, type Rehearsal, rehearse } from "@rollcall/test/operation-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand, CommandDefinition } from "./command.ts";
import { Failure } from "./domain/failure.ts";
import { executeOperation } from "./execute-operation.ts";

let it: Rehearsal;
beforeEach(() => {
  it = rehearse();
});

describe("when something is away", () => {
  const away = new Failure("unavailable", "Redis does not answer");

  test("a stage is tried again, and the row says so meanwhile", async () => {
    let tries = 0;
    it.behave = () => {
      tries += 1;
      if (tries < 4) throw away;
      return { state: "done" };
    };
    await executeOperation("op-1", it.execution());
    expect(it.row).toMatchObject({ ending: "done", targets: [{ stages: [{ detail: null }, {}, {}] }] });
    const told = it.saved.filter((operation) => operation.targets[0]?.stages[0]?.detail !== null);
    expect(told[0]?.targets[0]?.stages[0]).toMatchObject({
      state: "now",
      detail: "Redis does not answer; I keep trying",
    });
  });

  test("a stage is told when it runs for the first time, and when what it sends may have taken effect already", async () => {
    let tries = 0;
    it.behave = (_, stage) => {
      tries += 1;
      if (stage === "sent" && tries === 1) throw away;
      if (stage === "stopped") throw new Error("killed");
      return { state: "done" };
    };
    const stopping = new AbortController();
    const { behave } = it;
    it.behave = (agent, stage) => {
      if (stage === "stopped") stopping.abort(new Error("killed"));
      return behave(agent, stage);
    };
    await expect(executeOperation("op-1", it.execution({ signal: stopping.signal }))).rejects.toThrow("killed");
    expect(it.repeated).toEqual(["billing:sent"]);
    it.behave = () => ({ state: "done" });
    await executeOperation("op-1", it.execution());
    expect(it.repeated).toEqual(["billing:sent", "billing:stopped"]);
  });

  test("a stage that another control service goes on with is told since when it waits, by its stored beginning", async () => {
    const stopping = new AbortController();
    it.behave = (_, stage) => {
      if (stage !== "stopped") return { state: "done" };
      stopping.abort(new Error("killed"));
      throw new Error("killed");
    };
    await expect(executeOperation("op-1", it.execution({ signal: stopping.signal }))).rejects.toThrow("killed");
    it.begunMs.length = 0;
    it.now += 4_000_000;
    let tries = 0;
    it.behave = () => {
      tries += 1;
      // Nobody could look: its wait begins anew.
      if (tries === 1) throw away;
      return { state: "done" };
    };
    await executeOperation("op-1", it.execution({ deadlineSeconds: 7200 }));
    const [first = 0, ...later] = it.begunMs;
    expect(first).toBeGreaterThanOrEqual(4_000_000);
    expect(later).toEqual([0, 0]);
  });

  test("after the deadline the ending is unknown, and that is said", async () => {
    it.behave = () => {
      it.now += 20_000;
      throw away;
    };
    await executeOperation("op-1", it.execution({ deadlineSeconds: 60 }));
    expect(it.row).toMatchObject({
      ending: "unknown",
      error: "Redis does not answer for 1 min, so it is not known what became of it",
      targets: [{ ending: "unknown" }],
    });
    expect(it.audited.at(-1)).toMatchObject({ event: "outcome", detail: { ending: "unknown" } });
  });

  test("a row that cannot be stored is stored later", async () => {
    const { progress, ...rest } = it.execution();
    let tries = 0;
    const save: typeof progress.save = async (...args) => {
      tries += 1;
      if (tries % 3 !== 0) throw new Failure("unavailable", "PostgreSQL does not answer");
      return progress.save(...args);
    };
    await executeOperation("op-1", { ...rest, progress: { save } });
    expect(it.row.ending).toBe("done");
  });

  test("whoever lost the operation to another process stops at once", async () => {
    const save = async () => {
      throw new Failure("expired", "op-1 was taken over by another control service");
    };
    await expect(executeOperation("op-1", it.execution({ progress: { save } }))).rejects.toMatchObject({
      code: "expired",
    });
    expect(it.ran).toEqual([]);
  });

  test("a process that has to go does not wait for the stage or for what is away", async () => {
    for (const stage of [() => new Promise<never>(() => {}), () => Promise.reject(away)]) {
      it.row = operationOf();
      const stopping = new AbortController();
      it.behave = () => {
        stopping.abort(new Error("stopping"));
        return stage();
      };
      await expect(executeOperation("op-1", it.execution({ signal: stopping.signal }))).rejects.toThrow("stopping");
      expect(it.row).toMatchObject({ state: "running", ending: null });
      it.behave = () => ({ state: "done" });
      await expect(executeOperation("op-1", it.execution({ signal: stopping.signal }))).rejects.toThrow("stopping");
    }
  });
});

describe("what cannot be done", () => {
  test("a bug ends the operation with an id to quote, and is told with that id", async () => {
    it.behave = () => {
      throw new TypeError("x is undefined");
    };
    const refs: string[] = [];
    await executeOperation("op-1", it.execution({ onBug: (_, { ref }) => refs.push(ref) }));
    expect(refs).toHaveLength(1);
    expect(it.row).toMatchObject({ ending: "failed", error: `something broke, id ${refs[0]}` });
  });

  test("another failure ends it with its own words", async () => {
    it.behave = () => {
      throw new Failure("unknown_agent", "the supervisor does not know billing");
    };
    await executeOperation("op-1", it.execution());
    expect(it.row).toMatchObject({ ending: "failed", error: "the supervisor does not know billing" });
    expect(it.bugs).toEqual([]);
  });

  test.each<[string, (restart: ActCommand) => CommandDefinition[], string]>([
    ["a command", () => [], "this version does not know the command restart"],
    [
      "a command that changes anything",
      (restart) => [{ ...restart, kind: "read", run: async () => ({}) as never }],
      "this version does not know the command restart",
    ],
    [
      "a stage",
      (restart) => [{ ...restart, stages: restart.stages.slice(0, 2) }],
      "this version does not know the stage working",
    ],
  ])("%s that this version does not have is said", async (...[, commands, error]) => {
    await executeOperation("op-1", it.execution({ commands: commands(it.restart) }));
    expect(it.row).toMatchObject({ state: "ended", ending: "failed", error });
  });
});
