import { randomUUID } from "node:crypto";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";
import { createPool, inTransaction, type Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import type { Actor } from "@rollcall/core/domain/actor.ts";
import type { Acceptance } from "@rollcall/core/ports/command-store.ts";
import { createTestDatabase } from "./database.ts";

/** A database of its own with the schema, and a pool on it. */
export interface TestStore {
  readonly url: string;
  readonly pool: Pool;
  close(): Promise<void>;
}

export async function openTestStore(): Promise<TestStore> {
  const database = await createTestDatabase();
  await migrate({ url: database.url });
  const pool = createPool({ url: database.url, name: "rollcall-test" });
  return {
    url: database.url,
    pool,
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

/** Runs statements as a superuser who has switched the triggers off. */
export const tamper = (pool: Pool, ...statements: string[]): Promise<void> =>
  inTransaction(pool, async (client) => {
    await client.query("set local session_replication_role = replica");
    for (const statement of statements) await client.query(statement);
  });

export const operator: Actor = {
  id: "operator",
  name: "Operator on call",
  role: "operator",
  person: true,
  source: "access.yaml",
  slackUser: "U0OPERATOR",
};

/** What is written when an operator restarts one agent of their own, with a key of its own. */
export function acceptanceOf(changes: Partial<Acceptance> = {}): Acceptance {
  const agents = changes.agents ?? [`agent-${randomUUID().slice(0, 8)}`];
  const requestId = changes.requestId ?? randomUUID();
  return {
    command: "restart",
    input: { who: agents },
    actor: operator,
    door: "slack",
    reason: null,
    requestId,
    idempotencyKey: randomUUID(),
    agents,
    stages: ["sent", "stopped", "started", "working"],
    incidentId: null,
    audit: {
      event: "intent",
      actor: operator.id,
      door: "slack",
      command: "restart",
      targets: agents,
      decision: "allowed",
      rule: "role-operator",
      reason: null,
      requestId,
      detail: {},
    },
    ...changes,
  };
}

/** Asks again and again until the answer is true; a busy machine only makes it slower. */
export async function eventually(isTrue: () => Promise<boolean> | boolean, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not true within ${withinMs} ms: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
