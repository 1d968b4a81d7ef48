import type { FencedReport } from "@rollcall/core/protocol/fenced-report.ts";
import { deriveAgentKey, seal } from "@rollcall/core/protocol/seal.ts";
import { describe, expect, test } from "vitest";
import { beatOf, FLEET_KEY } from "../test/fake-fleet.ts";
import { findDuplicates, TOLD_SECONDS } from "./fenced-reports.ts";

const NOW = 1_800_000_000_000;
const keyOf = (agent: string) => deriveAgentKey(FLEET_KEY, agent);
const beats = new Map([
  ["billing", beatOf("billing", NOW, { epoch: 9, host: "worker-2", pid: 22 })],
  ["invoices", beatOf("invoices", NOW)],
]);
const reported: FencedReport = {
  ...{ v: 1, agent: "billing", at: NOW - 1000, epoch: 8, newerEpoch: 9 },
  ...{ host: "worker-1", pid: 11 },
};
const sealed = (changes: Partial<FencedReport> = {}, signer = "billing") => ({
  agent: "billing",
  sealed: seal(keyOf(signer), { ...reported, ...changes }),
});
const found = (...reports: ReturnType<typeof sealed>[]) =>
  Object.fromEntries(findDuplicates(reports, { keyOf, beats, now: NOW }));

describe("two processes with one id", () => {
  test("are named by host and number out of the report and the newest heartbeat", () => {
    expect(found(sealed())).toEqual({ billing: { older: "worker-1 pid 11", newer: "worker-2 pid 22" } });
  });

  test("are named by the newest report alone", () => {
    expect(found(sealed({ pid: 12 }), sealed())).toMatchObject({ billing: { older: "worker-1 pid 12" } });
  });

  test("the newer one is named by its epoch before it has beaten", () => {
    expect(found(sealed({ newerEpoch: 10 }))).toMatchObject({ billing: { newer: "the process of epoch 10" } });
  });

  test.each([
    ["is sealed by another agent", sealed({}, "invoices")],
    ["speaks of another agent", sealed({ agent: "invoices" })],
    ["is older than it is told of, however often it is added again", sealed({ at: NOW - TOLD_SECONDS * 1000 - 1 })],
    ["is no report", { agent: "billing", sealed: seal(keyOf("billing"), "no") }],
    ["is no JSON", { agent: "billing", sealed: "nonsense" }],
    ["is of nobody who is expected", { ...sealed({ agent: "stranger" }, "stranger"), agent: "stranger" }],
  ])("are not believed in by a report that %s", (_, report) => {
    expect(found(report)).toEqual({});
  });
});
