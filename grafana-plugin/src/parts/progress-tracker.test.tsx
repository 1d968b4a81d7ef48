import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Operation } from "../api/contract.ts";
import { sampleOperation } from "../pages/parts-samples.ts";
import { ProgressTracker } from "./progress-tracker.tsx";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const show = (change: Partial<Operation> = {}): void => {
  render(<ProgressTracker operation={{ ...sampleOperation(Date.now()), ...change }} />);
};
const state = (): string => screen.getByRole("status").textContent ?? "";

test("what runs shows the share done and what is left, from how many runs that is known", () => {
  show();
  expect(state()).toBe("⏳ running · 60 % · about 21 s left, from 5 runs");
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("60");
});

test("each stage has its mark, its seconds and what is known of it; those to come have none", () => {
  show();
  expect(screen.getAllByRole("listitem").map((row) => row.textContent)).toEqual([
    "✓ sent 0.1 s",
    "✓ stopped 5.3 s · by the supervisor",
    "▸ started 9.0 s",
    "○ working",
  ]);
});

test("the stages of many agents are folded, but for those that went wrong", () => {
  const [target] = sampleOperation(Date.now()).targets;
  if (target === undefined) throw new Error("the sample has no target");
  const named = (agent: string, ending: typeof target.ending) => ({ ...target, agent, ending });
  const endings = [null, "done", "recovered", "did-not-come-back"] as const;
  show({ targets: endings.map((ending, index) => named(`agent-${index}`, ending)) });
  const isOpen = screen.getAllByRole("group").map((details) => (details as HTMLDetailsElement).open);
  expect(isOpen).toEqual([false, false, false, true]);
});

test("the ending is told in Slack's words, with what it took, and why it failed", () => {
  const now = Date.now();
  const error = "no heartbeat in 60 s";
  show({ state: "ended", ending: "did-not-come-back", createdAt: now - 61_000, endedAt: now, error });
  expect(state()).toBe("❌ did not come back in 61 s");
  expect(screen.getByText(error)).toBeTruthy();
});
