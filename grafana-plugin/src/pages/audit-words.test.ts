import { describe, expect, test } from "vitest";
import { auditWords } from "./audit-words.ts";

const row = { event: "intent", command: null, targets: [], decision: null, rule: null, reason: null, detail: {} };

describe("a row of the audit log in words", () => {
  test.each([
    [
      { command: "restart", targets: ["billing"], decision: "allowed", rule: "role-operator" },
      "restart billing: allowed (role-operator)",
    ],
    [
      { event: "outcome", command: "restart", targets: ["billing"], detail: { ending: "did-not-help", seconds: 41 } },
      "restart billing: did not help in 41 s",
    ],
    [{ event: "authentication", action: "signed-in", decision: "allowed" }, "signed in: allowed"],
    [{ event: "lifecycle", action: "started", targets: ["control-service"] }, "started control-service"],
    [{ command: "diag-run", targets: ["a", "b", "c", "d", "e"] }, "diag run a, b, c and 2 more: intent"],
  ] as const)("%j is %s", (more, words) => {
    const { targets = [] } = more as { targets?: readonly string[] };
    expect(auditWords({ ...row, ...more, targets: [...targets] })).toBe(words);
  });
});
