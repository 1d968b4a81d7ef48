import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { showProgress } from "./progress.ts";

let written: string;
const screen = (isTerminal: boolean) => ({
  isTerminal,
  columns: 80,
  write: (text: string) => {
    written += text;
  },
});

beforeEach(() => {
  written = "";
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("progress without a terminal", () => {
  test("is a plain line every two seconds while a step runs, and one at its end", () => {
    const progress = showProgress(screen(false));
    progress.begin(3, "Prometheus, Alertmanager");
    progress.update("unpacking Debian packages, 61 % of 33 MB");
    vi.advanceTimersByTime(1_900);
    expect(written).toBe("");
    vi.advanceTimersByTime(2_200);
    progress.done({ title: "Prometheus 2.42, Alertmanager 0.25", detail: "unpacked", seconds: 4.1 });
    vi.advanceTimersByTime(10_000);
    progress.close();
    const lines = written.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(" 3/7 ▸ Prometheus, Alertmanager  unpacking Debian packages, 61 % of 33 MB");
    expect(lines[2]).toMatch(/^ 3\/7 ✓ Prometheus 2\.42, Alertmanager 0\.25 {2}unpacked +4\.1 s$/);
  });

  test("holds no control characters", () => {
    const progress = showProgress(screen(false));
    progress.begin(1, "PostgreSQL");
    progress.say("a sentence");
    progress.done({ title: "PostgreSQL 15", address: "127.0.0.1:5433", detail: "embedded", seconds: 0.04 });
    progress.close();
    expect(written).not.toContain("\u001b");
    expect(written.split("\n")[1]).toMatch(/^ 1\/7 ✓ PostgreSQL 15 {7}127\.0\.0\.1:5433 {2}embedded +0\.0 s$/);
  });
});

describe("progress on a terminal", () => {
  test("redraws one line, never wider than the screen", () => {
    const progress = showProgress(screen(true));
    progress.begin(3, "Prometheus, Alertmanager");
    progress.update("x".repeat(200));
    progress.close();
    expect(written).not.toContain("\n");
    for (const drawn of written.split("\r\u001b[2K")) expect(drawn.length).toBeLessThan(80);
  });

  test("a sentence in between stands on a line of its own", () => {
    const progress = showProgress(screen(true));
    progress.begin(1, "PostgreSQL");
    progress.say("Ending 3 processes that an earlier start left behind.");
    progress.close();
    expect(written).toContain("\r\u001b[2KEnding 3 processes that an earlier start left behind.\n");
  });
});
