import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import type { Planned } from "../api/contract.ts";
import { PlanView } from "./plan-view.tsx";

afterEach(cleanup);

const SECOND = { rule: "many-agents", why: "these are 10 of 22 agents", whoCan: ["Second admin"] };

/** A plan as the service answers it; what a test is about is changed. */
function planned(changes: {
  secondPerson?: typeof SECOND;
  typed?: string;
  shownOnly?: true;
  changed?: string;
}): Planned {
  return {
    kind: "plan",
    plan: { secondPerson: changes.secondPerson ?? null, brakes: [] },
    words: {
      title: "Restart @content",
      lines: ["Now: *10 agents*, 4 batches of ≤ 3"],
      valid: "Valid until {{time:1795909822908}} or until one of them changes. Nothing has happened yet.",
      typed: changes.typed ?? null,
    },
    confirm: changes.shownOnly ? null : { token: "token-1", expiresAt: 1_795_909_822_908 },
    changed: changes.changed ?? null,
  } as unknown as Planned;
}

function show(plan: Planned, reason = ""): { confirmed: string[] } {
  const confirmed: string[] = [];
  const onConfirm = (token: string): void => void confirmed.push(token);
  render(<PlanView planned={plan} isAsking={false} reason={reason} onConfirm={onConfirm} />);
  return { confirmed };
}

const press = (name: string): void => {
  fireEvent.click(screen.getByRole("button", { name }));
};

describe("a plan", () => {
  test("says what it would do, that nothing has happened, and is confirmed by its own token", () => {
    const { confirmed } = show(planned({}));
    expect(screen.getByTestId("plan").textContent).toContain("10 agents, 4 batches of ≤ 3");
    expect(screen.getByTestId("plan").textContent).toContain("Nothing has happened yet.");
    press("Restart @content");
    expect(confirmed).toEqual(["token-1"]);
  });

  test("that needs a second person asks for one, and only with a reason", () => {
    const without = show(planned({ secondPerson: SECOND }));
    press("Ask a second person");
    expect(without.confirmed).toEqual([]);
    cleanup();
    const given = show(planned({ secondPerson: SECOND }), "tokens renewed");
    press("Ask a second person");
    expect(given.confirmed).toEqual(["token-1"]);
  });

  test("about the whole fleet is confirmed only by who types its words", () => {
    const { confirmed } = show(planned({ typed: "restart 22" }));
    press("Restart @content");
    expect(confirmed).toEqual([]);
    fireEvent.change(screen.getByRole("textbox"), { target: { value: "restart 22" } });
    press("Restart @content");
    expect(confirmed).toEqual(["token-1"]);
  });

  test("that was only to be shown cannot be confirmed", () => {
    show(planned({ shownOnly: true }));
    expect(screen.queryByRole("button", { name: "Restart @content" })).toBeNull();
  });

  test("in place of one that was confirmed says what changed", () => {
    show(planned({ changed: "Plan changed: billing restarted. Nothing was done." }));
    expect(screen.getByText("Plan changed: billing restarted. Nothing was done.")).toBeTruthy();
  });
});
