import { openTestStore, type TestStore, tamper } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuditLog } from "../adapters/postgres/audit-log.ts";
import type { ReadCommand, ReadContext } from "../command.ts";
import type { Actor } from "../domain/actor.ts";
import { auditEntry } from "../domain/audit.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import auditExport from "./audit-export.ts";
import auditVerify from "./audit-verify.ts";
import history from "./history.ts";

let store: TestStore;
let audit: AuditLog;
beforeAll(async () => {
  store = await openTestStore();
  audit = createAuditLog(store.pool);
  const row = { event: "decision", door: "slack", command: "restart", targets: ["billing"] } as const;
  await audit.append(auditEntry({ ...row, actor: "anna", decision: "allowed", reason: "it hangs" }));
  await audit.append(auditEntry({ ...row, actor: "ben", decision: "refused", rule: "role-operator" }));
});
afterAll(() => store.close());

const anna: Actor = { id: "anna", name: "Anna", role: "admin", person: true, source: "access.yaml", slackUser: null };
function run(command: unknown, input: Record<string, unknown>) {
  const ports = { ...new FakeFleet("billing").ports, audit, clock: { now: () => Date.now() } };
  const { input: schema, run: work } = command as ReadCommand;
  const context: ReadContext = { ports, actor: anna, door: "slack", commands: [] };
  return work(schema.parse(input) as Record<string, unknown>, context);
}

describe("history", () => {
  test("says who did what to an agent, refusals with their rule, newest first", async () => {
    const { headline, lines } = await run(history, { who: ["billing", "12h"] });
    expect(headline).toBe("*Who did what* to billing in the last 12 hours");
    expect(lines[0]).toMatch(/^🚫 a-2 \{\{time:\d+\}\} · ben in Slack · restart billing · refused: role-operator$/);
    expect(lines[1]).toMatch(/^✓ a-1 .* · anna in Slack · restart billing · allowed · it hangs$/);
  });

  test("of a person has only their rows", async () => {
    const { lines } = await run(history, { who: ["@anna"] });
    expect(lines).toHaveLength(1);
    expect((await run(history, { who: ["@nobody"] })).headline).toBe(
      "*Nothing is written down* by @nobody in the last 7 days",
    );
  });

  test("goes on behind the page", async () => {
    expect((await run(history, { after: 2 })).lines).toHaveLength(1);
  });

  test.each([
    [["bil"], /bil is no agent/],
    [["billing", "@anna"], /one agent or one person/],
    [["1h", "2h"], /one agent or one person/],
    [["0d"], /no time to look back/],
    [["9999d"], /too far back/],
  ])("%j is refused in words", async (who, message) => {
    await expect(run(history, { who })).rejects.toThrow(message);
  });
});

describe("audit export", () => {
  test("says where the file is, and is itself written down", async () => {
    const { data, lines } = await run(auditExport, { period: "30d" });
    expect(data).toMatchObject({ csv: expect.stringMatching(/^\/api\/v1\/audit\/export\?format=csv&from=2/) });
    expect(lines.join()).toContain("npm run audit -- export");
    expect(await audit.search({ limit: 1 })).toMatchObject([{ event: "export", actor: "anna" }]);
    expect(auditExport.role).toBe("admin");
  });
});

describe("audit verify", () => {
  test("says how many rows fit, and is itself written down", async () => {
    expect((await run(auditVerify, {})).headline).toBe("🟢 *3 rows, unbroken*");
    expect(await audit.search({ limit: 1 })).toMatchObject([{ event: "verify", detail: { rows: 3, unbroken: true } }]);
  });

  test("names the first bad row", async () => {
    await tamper(store.pool, "update audit_log set body = replace(body, 'ben', 'eve') where seq = 2");
    const { headline, lines } = await run(auditVerify, {});
    expect([headline, lines[0]]).toEqual(["🔴 *Broken at a-2*", "edited: its hash does not fit its text"]);
  });
});
