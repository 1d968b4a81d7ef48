import { describe, expect, test } from "vitest";
import { agentOf } from "../http/app-fixture.ts";
import { markForeignProcesses } from "./foreign-processes.ts";

describe("what the exporter is told of foreign agents", () => {
  const agents = [
    agentOf("billing"),
    agentOf("old-crm", { presence: "supervisor" }),
    agentOf("new-crm", { presence: "supervisor" }),
    agentOf("elsewhere", { presence: "supervisor" }),
  ];
  const tell = async (foreign = agents) => {
    const told: ReadonlyMap<string, boolean>[] = [];
    await markForeignProcesses({
      registry: { expected: async () => ({ agents: foreign }) },
      supervisor: {
        list: async () => [
          { agent: "billing", state: "running" },
          { agent: "old-crm", state: "running" },
          { agent: "new-crm", state: "exited" },
        ],
      },
      bus: { markProcesses: async (up: ReadonlyMap<string, boolean>) => void told.push(up) },
    } as never);
    return told.map((one) => Object.fromEntries(one));
  };

  test("is which of their processes are up; one that no supervisor knows is neither up nor down", async () => {
    expect(await tell()).toEqual([{ "old-crm": true, "new-crm": false }]);
  });

  test("is nothing where there are none", async () => {
    expect(await tell(agents.slice(0, 1))).toEqual([]);
  });
});
