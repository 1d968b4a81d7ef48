import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Agent } from "../api/contract.ts";
import { sampleAgents } from "../pages/parts-samples.ts";
import { RungBar, StatusBadge } from "./status-badge.tsx";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const badge = (): string => screen.getByTestId("status-badge").textContent ?? "";

describe("the badge of an agent", () => {
  test.each([
    ["healthy", "● healthy · processing · 2 s"],
    ["degraded", "▲ degraded · processing · 4 s"],
    ["critical", "■ critical · processing · 6 s"],
    ["unknown", "? unknown"],
  ])("that is %s tells health by mark and word, then what it says of itself, and the age of that", (health, words) => {
    const agent = sampleAgents(Date.now()).find((one) => one.health === health);
    if (agent === undefined) throw new Error(`no sample is ${health}`);
    render(<StatusBadge agent={{ ...agent, activity: health === "unknown" ? null : "processing" }} at={Date.now()} />);
    expect(badge().replaceAll("\uFE0E", "")).toBe(words);
  });

  test.each(["paused", "stopped"] as const)("that is %s on purpose says so in place of a health", (verdict) => {
    const agent = sampleAgents(Date.now()).find((one) => one.verdict === verdict);
    if (agent === undefined) throw new Error(`no sample is ${verdict}`);
    render(<StatusBadge agent={agent} at={Date.now()} />);
    expect(badge()).toContain(verdict);
    expect(badge()).not.toContain("off");
  });

  test("whose view is a minute old tells only what was last known, and when", () => {
    const [agent] = sampleAgents(Date.now());
    if (agent === undefined) throw new Error("no sample");
    render(<StatusBadge agent={agent} at={Date.now() - 61_000} />);
    expect(badge()).toMatch(/last known healthy .*\d\d:\d\d/);
    expect(badge()).not.toContain("processing");
  });

  test("shows the rungs that were passed, for those who cannot see them too", () => {
    render(<RungBar agent={{ rung: 3, provable: 5 }} />);
    expect(screen.getByRole("img", { name: "rung 3 of 5" }).children).toHaveLength(5);
  });

  test.each([
    ["points at it", () => fireEvent.pointerEnter(screen.getByTestId("status-badge"))],
    ["comes by keyboard", () => act(() => screen.getByTestId("status-badge").focus())],
  ])("tells whoever %s which rungs were passed", async (_how, reach) => {
    const agent = { ...sampleAgents(Date.now())[0], rung: 3, provable: 5 } as Agent;
    render(<StatusBadge agent={agent} at={Date.now()} />);
    expect(screen.queryByRole("tooltip")).toBe(null);
    reach();
    // A browser tells what is under a pointer that it is there, also if it has just been drawn.
    if (document.activeElement === document.body) fireEvent.mouseEnter(screen.getByTestId("status-badge"));
    expect((await screen.findByRole("tooltip")).textContent).toContain("rung 3 of 5");
  });
});
