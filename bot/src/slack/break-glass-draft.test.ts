import type { BreakGlassUse } from "@rollcall/core/ports/break-glass.ts";
import { describe, expect, test } from "vitest";
import { breakGlassMessage } from "./break-glass-draft.ts";

const USE: BreakGlassUse = {
  ...{ id: "bg-3", command: "restart", agent: "billing", actor: "host:root on fleet-1", reason: "PostgreSQL is away" },
  ...{ beganAt: 0, ending: "done", error: null, operationId: "op-9", reviewedBy: null, reviewedAt: null },
  ...{ review: null, revision: 1 },
};
const shown = (change: Partial<BreakGlassUse>): string => JSON.stringify(breakGlassMessage({ ...USE, ...change }));

describe("the message of a use of break-glass", () => {
  test("says who did what and why, and asks for a review until there is one", () => {
    expect(shown({})).toContain("*Break-glass: restart billing* by host:root on fleet-1");
    expect(shown({})).toContain("bg-3 · op-9 · ended done");
    expect(shown({})).toContain("/fleet review-break-glass bg-3");
    const reviewed = shown({ reviewedBy: "Adam", reviewedAt: 1, review: "was right" });
    expect(reviewed).toContain("Reviewed by Adam: was right");
    expect(reviewed).not.toContain("Needs a review");
  });

  test("says of a damaged spool that it cannot be believed", () => {
    expect(shown({ command: null, agent: null, reason: "from line 4: it was changed" })).toContain(
      "cannot be believed",
    );
  });

  test("calls nobody, whatever was typed on the host", () => {
    const text = shown({ actor: "<!channel>", reason: "<!here> <@U0VICTIM>", error: "<!everyone>", ending: "failed" });
    expect(text).not.toMatch(/<!(channel|here|everyone)|<@U0VICTIM/);
  });
});
