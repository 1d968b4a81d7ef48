import { NOBODY_SEES } from "@rollcall/test/away-fixture.ts";
import { rightsOfEverybody } from "@rollcall/test/rights-fixture.ts";
import { eventually, openTestStore, operator, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ActCommand, defineCommand, type Ports } from "../../command.ts";
import { executeOperation } from "../../execute-operation.ts";
import { memoryRequests } from "../../memory-requests-fixture.ts";
import { systemClock } from "../../ports/clock.ts";
import { withContext } from "../../protocol/request-context.ts";
import { type CommandRequest, runCommand } from "../../run-command.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { type ControlLease, createLease } from "./lease.ts";
import { createOperations } from "./operations.ts";
import { createPublications } from "./publications.ts";
import { type OperationWorker, startWorker } from "./worker.ts";

let store: TestStore;
let lease: ControlLease;
let worker: OperationWorker;
/** Effects by the id of what was sent: what an agent's ledger would hold. */
const ledger = new Map<string, number>();
let role: "operator" | "viewer";
beforeEach(() => {
  role = "operator";
});

const touch: ActCommand = defineCommand({
  name: "touch",
  aliases: [],
  kind: "act",
  summary: "Touch agents",
  role: "operator",
  danger: 1,
  input: z.strictObject({ who: z.array(z.string()) }),
  words: ["who"],
  examples: [],
  targets: async ({ who }) => (who as string[]).map((id) => ({ id }) as never),
  stages: ["sent", "working"].map((name) => ({
    name,
    async run(target, { operation }) {
      const id = `${operation.id}:${target.agent}:${name}`;
      ledger.set(id, (ledger.get(id) ?? 0) + 1);
      return { state: "done", memory: { [name]: true }, ...(name === "working" && { ending: "recovered" }) };
    },
  })),
});

const ports = (): Ports =>
  ({
    ...NOBODY_SEES,
    audit: createAuditLog(store.pool),
    operations: createOperations(store.pool),
    ...rightsOfEverybody(() => role),
    requests: memoryRequests(systemClock),
    registry: {
      expected: async () => ({ agents: Array.from({ length: 22 }, (_, index) => ({ id: `agent-${index}` })) }),
    },
    clock: systemClock,
  }) as unknown as Ports;
const ask = (key: string, who: string[]): CommandRequest => ({
  command: "touch",
  input: { who },
  actor: operator,
  door: "slack",
  reason: "it hangs",
  requestId: `req-${key}`,
  idempotencyKey: key,
  incidentId: null,
});
const run = (key: string, who: string[]) =>
  runCommand(ask(key, who), { commands: [touch], ports: ports(), store: createCommandStore(store.pool) });

beforeAll(async () => {
  store = await openTestStore();
  lease = createLease({ pool: store.pool, instance: "a", seconds: 2 });
  await lease.start();
  worker = startWorker({
    pool: store.pool,
    lease,
    execute: (id, { progress, signal }) =>
      executeOperation(id, { ports: ports(), commands: [touch], progress, signal, onBug: () => undefined }),
  });
});
afterAll(async () => {
  await worker.stop();
  await lease.close();
  await store.close();
});

async function untilEnded(id: string) {
  await eventually(async () => (await createOperations(store.pool).find(id))?.state === "ended");
  return createOperations(store.pool).find(id);
}

describe("from the wish to its end", () => {
  test("a click that is delivered five times is one operation with one effect, and its story is in the chain", async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => run("click", ["billing"])));
    const ids = new Set(answers.map((answer) => (answer.kind === "act" ? answer.operation.id : "")));
    expect(ids.size).toBe(1);
    const [id = ""] = ids;
    expect(await untilEnded(id)).toMatchObject({
      ending: "recovered",
      error: null,
      targets: [{ agent: "billing", ending: "recovered", memory: { sent: true, working: true } }],
    });
    expect([...ledger].filter(([effect]) => effect.startsWith(id))).toEqual([
      [`${id}:billing:sent`, 1],
      [`${id}:billing:working`, 1],
    ]);
    const story = await createAuditLog(store.pool).search({ operationId: id, limit: 10 });
    expect(story.map((row) => row.event)).toEqual(["outcome", "dispatch", "intent"]);
    expect(story.every((row) => row.actor === "operator" && row.reason === "it hangs")).toBe(true);
    expect((await createAuditLog(store.pool).verify()).unbroken).toBe(true);
    const behind = (await createPublications(store.pool).behind(10)).map(({ key }) => key);
    expect(behind).toEqual([id, `${id}:ending`]);
    await expect(run("click", ["billing"])).resolves.toMatchObject({ repeated: true, operation: { id } });
  });

  test("a job stays in the trace of the click that it came from, and so do its rows", async () => {
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const context = {
      correlationId: "inc-7",
      customerId: "customer-3",
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
    };
    const answer = await withContext(context, () => run("traced", ["archive"]));
    const id = answer.kind === "act" ? answer.operation.id : "";
    expect(await untilEnded(id)).toMatchObject({ origin: context, ending: "recovered" });
    const story = await createAuditLog(store.pool).search({ operationId: id, limit: 10 });
    expect(story.map(({ event, traceId, correlationId }) => [event, traceId, correlationId])).toEqual(
      ["outcome", "dispatch", "intent"].map((event) => [event, trace, "inc-7"]),
    );
    expect(story[0]).toMatchObject({ customerId: "customer-3" });
  });

  test("rights that are taken away before the job runs stop it", async () => {
    role = "viewer";
    const answer = await run("late", ["shipping"]);
    const id = answer.kind === "act" ? answer.operation.id : "";
    expect(await untilEnded(id)).toMatchObject({ ending: "refused" });
    expect([...ledger.keys()].some((effect) => effect.startsWith(id))).toBe(false);
    const story = await createAuditLog(store.pool).search({ operationId: id, limit: 10 });
    expect(story.map((row) => [row.event, row.decision])).toEqual([
      ["decision", "refused"],
      ["intent", "allowed"],
    ]);
  });
});
