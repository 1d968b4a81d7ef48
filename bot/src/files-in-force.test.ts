import type { AuditEntry } from "@rollcall/core/domain/audit.ts";
import type { StandingRules } from "@rollcall/core/policy-rules.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { watchFilesInForce } from "./files-in-force.ts";

let rows: AuditEntry[];
let isAway: boolean;
let isLeader: boolean;
let agents: Record<string, unknown>[];
let source: string;
let rules: StandingRules;
let people: { id: string; name: string; role: string }[];
let look: () => Promise<void>;
beforeEach(() => {
  rows = [];
  isAway = false;
  isLeader = true;
  agents = [{ id: "billing", criticality: "P0", desired: { state: "running" } }];
  people = [{ id: "anna", name: "Anna", role: "operator" }];
  rules = { scopes: [], blocks: [] };
  source = "access.yaml";
  look = watch();
});

function watch(): () => Promise<void> {
  return watchFilesInForce({
    audit: {
      async append(entry) {
        if (isAway) throw new Error("away");
        return rows.push(entry);
      },
    },
    directory: { source, withRole: () => people as never, standingRules: () => rules },
    registry: { expected: async () => ({ agents }) as never },
    isLeader: () => isLeader,
  });
}

describe("a changed file", () => {
  test("is one row that names what changed, as it was and as it is", async () => {
    await look();
    people = [
      { id: "anna", name: "Anna", role: "admin" },
      { id: "ben", name: "Ben", role: "viewer" },
    ];
    await look();
    await look();
    expect(rows).toMatchObject([
      {
        event: "access",
        action: "file-taken",
        targets: ["anna", "ben"],
        before: { anna: { role: "operator" }, ben: null },
        after: { anna: { role: "admin" }, ben: { role: "viewer" } },
      },
    ]);
  });

  test("of the fleet is a change of configuration, but what an agent is wanted to do is none", async () => {
    await look();
    agents = [{ id: "billing", criticality: "P0", desired: { state: "stopped" } }];
    await look();
    expect(rows).toEqual([]);
    agents = [{ id: "invoices", criticality: "P2", desired: { state: "running" } }];
    await look();
    expect(rows).toMatchObject([{ event: "configuration", targets: ["billing", "invoices"] }]);
  });

  test.each(["access.yaml", "Google Workspace"])(
    "of the rules is a change of policy, with roles from %s too",
    async (from) => {
      source = from;
      look = watch();
      await look();
      const scope = { id: "payments-only", who: ["anna"], commands: ["restart"], agents: ["owner=payments"] };
      const block = { person: "ben", reason: "left", by: "access.yaml", since: null, until: null };
      rules = { scopes: [scope], blocks: [block], onCall: [{ person: "anna", role: "admin", from: 0, until: 9 }] };
      await look();
      expect(rows).toMatchObject([
        {
          ...{ event: "policy", action: "file-taken" },
          targets: ["scope payments-only", "block ben", "on call anna 1970-01-01T00:00:00.000Z"],
          before: { "scope payments-only": null, "block ben": null },
          after: { "scope payments-only": scope, "block ben": block },
        },
      ]);
    },
  );

  test("is written down by the leader alone, and later if the log is away", async () => {
    await look();
    people = [];
    isAway = true;
    await expect(look()).rejects.toThrow("away");
    isAway = false;
    await look();
    expect(rows).toHaveLength(1);
    isLeader = false;
    agents = [];
    await look();
    expect(rows).toHaveLength(1);
  });
});
