import { describe, expect, test } from "vitest";
import { alert, incident, NOW, operation } from "./fixtures.ts";
import { gatherIncidentFacts } from "./incident-facts.ts";
import { MemoryRows } from "./memory-rows.ts";

const ports = (rows = new MemoryRows()) => rows.ports({ now: () => NOW });
const away = () => Promise.reject(new Error("away"));

describe("facts of an incident", () => {
  test("are the verdict, the process and the newest operation of the card", async () => {
    const rows = new MemoryRows();
    rows.put(operation({ id: "op-1", incidentId: "inc-7", createdAt: NOW - 9000 }));
    rows.put(operation({ id: "op-2", incidentId: "inc-7", createdAt: NOW - 1000 }));
    rows.put(operation({ id: "op-3", incidentId: "inc-8", createdAt: NOW }));
    rows.put(operation({ id: "op-4", incidentId: "inc-7", command: "ack", createdAt: NOW }));
    const { agents, operation: shown, asOf } = await gatherIncidentFacts(incident(), ports(rows));
    expect(agents).toMatchObject([{ id: "billing", judgement: { verdict: "gone" }, process: { state: "exited" } }]);
    expect(shown?.id).toBe("op-2");
    expect(asOf).toBe(NOW);
  });

  test.each<[string, Parameters<typeof operation>[0], string | null]>([
    ["of the restart that it began in", { startedAt: NOW - 40_000, endedAt: null }, "op-9"],
    ["of one that had just ended", { startedAt: NOW - 90_000, endedAt: NOW - 60_000 }, "op-9"],
    ["of none that came later", { startedAt: NOW - 1000, endedAt: null }, null],
    ["of none that ended long before", { startedAt: NOW - 900_000, endedAt: NOW - 800_000 }, null],
    ["of none that looks or starts", { startedAt: NOW - 40_000, command: "start" }, null],
    ["of none that was started from this card", { startedAt: NOW - 40_000, incidentId: "inc-7" }, null],
  ])("name the cause: %s", async (_, changes, cause) => {
    const rows = new MemoryRows();
    rows.put(operation({ id: "op-9", ...changes }));
    expect((await gatherIncidentFacts(incident(), ports(rows))).cause?.id ?? null).toBe(cause);
  });

  test("say nothing of what cannot be asked, and keep the card from nobody", async () => {
    const all = ports();
    const blind = {
      ...all,
      operations: { find: away, list: away, history: away },
      registry: { ...all.registry, expected: away },
      bus: { ...all.bus, now: away, readPresence: away, readCanaryRound: away, readWaiting: away },
      supervisor: { ...all.supervisor, inspect: away },
    };
    const unknown = { expected: null, judgement: null, beat: null, process: null, waiting: null, maintenance: null };
    expect(await gatherIncidentFacts(incident(), blind)).toEqual({
      agents: [{ id: "billing", ...unknown }],
      history: null,
      operation: null,
      cause: null,
      asOf: null,
      changed: null,
      silence: null,
    });
  });

  test("put the worst agent first", async () => {
    const all = ports();
    const inspect: typeof all.supervisor.inspect = async (agent) => ({
      ...(await all.supervisor.inspect(agent)),
      state: agent === "invoices" ? "exited" : "running",
    });
    const group = incident({ alerts: [alert("billing"), alert("invoices")] });
    const { agents } = await gatherIncidentFacts(group, { ...all, supervisor: { ...all.supervisor, inspect } });
    expect(agents.map(({ id, judgement }) => [id, judgement?.verdict])).toEqual([
      ["invoices", "gone"],
      ["billing", "silent"],
    ]);
  });

  test("of an incident without agents are few", async () => {
    const { agents, history } = await gatherIncidentFacts(incident({ alerts: [alert("x", { agent: null })] }), ports());
    expect(agents).toEqual([]);
    expect(history).toBeNull();
  });
});
