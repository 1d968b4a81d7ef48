import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { type Entry, Timeline } from "./timeline.tsx";
import { startOfDay } from "./words.ts";

afterEach(cleanup);

const entry = (index: number): Entry => ({
  ...{ id: `op-${index}`, at: Date.now() - index * 1_000, mark: "✅", words: `restart agent-${index}: recovered` },
  ...{ by: "Olga by slack", href: `/operations/op-${index}`, detail: () => `stages of op-${index}` },
});

test("an entry opens to what there is of it, which is not drawn before", async () => {
  render(<Timeline entries={[entry(1)]} empty="" />);
  expect(screen.queryByText(/stages of op-1/)).toBeNull();
  const details = screen.getByText(/restart agent-1/).closest("details") as HTMLDetailsElement;
  await act(async () => {
    details.open = true;
    fireEvent(details, new Event("toggle"));
  });
  expect(screen.getByText(/stages of op-1/)).toBeTruthy();
  expect(screen.getByRole("link", { name: /restart agent-1/ }).getAttribute("href")).toBe("/operations/op-1");
});

test("fifty are shown, and more when they are asked for", () => {
  render(<Timeline entries={Array.from({ length: 60 }, (_, index) => entry(index))} empty="" />);
  expect(screen.getAllByRole("listitem")).toHaveLength(50);
  fireEvent.click(screen.getByRole("button", { name: "10 more" }));
  expect(screen.getAllByRole("listitem")).toHaveLength(60);
});

test("entries stand under the day they happened on, the newest first, each with its mark, time, words and who", () => {
  const now = Date.now();
  const entries = [2, 0, 1, 20].map((age) => ({
    ...entry(age),
    at: startOfDay(now, age) + 1,
    href: null,
    mark: `m${age}`,
  }));
  const plain = entries.map(({ detail: _, ...rest }) => rest);
  render(<Timeline entries={plain} empty="" />);
  const days = screen.getAllByRole("heading", { level: 3 });
  expect(days.map(({ textContent }) => textContent)).toEqual(["Today", "Yesterday", "Last 7 days", "Before"]);
  expect(screen.getAllByRole("listitem").map((row) => row.textContent)).toEqual(
    [0, 1, 2, 20].map((age) =>
      expect.stringMatching(new RegExp(`00:00.* m${age} restart agent-${age}: recovered · Olga by slack$`)),
    ),
  );
});

test("a timeline without entries says what that means", () => {
  render(<Timeline entries={[]} empty="Nothing ran in these 7 days" />);
  expect(screen.getByText("Nothing ran in these 7 days")).toBeTruthy();
});
