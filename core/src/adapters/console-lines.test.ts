import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { takeConsole } from "./console-lines.ts";

const told: (readonly [problem: string, cause: unknown])[] = [];
let giveBack: () => void;
beforeEach(() => {
  told.length = 0;
  giveBack = takeConsole((problem, cause) => void told.push([problem, cause]));
});
afterEach(() => giveBack());

const { console: library } = globalThis;

describe("what a library prints on the console", () => {
  test("goes to the log with its error, and not to standard error", () => {
    const printed = vi.spyOn(process.stderr, "write");
    const error = new Error("Query read timeout");
    library.trace(error);
    expect(told).toEqual([["Query read timeout", error]]);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test("is put together as the console would, and cut", () => {
    library.warn("[WARN] %s is odd", "RESP3", { more: 1 });
    library.log("x".repeat(2000));
    expect(told[0]).toEqual(["[WARN] RESP3 is odd { more: 1 }", undefined]);
    expect(told[1]?.[0]).toHaveLength(500);
  });

  test("is printed again when the console is given back", () => {
    giveBack();
    const printed = vi.spyOn(library, "debug").mockReturnValue();
    library.debug("hello");
    expect(printed).toHaveBeenCalledOnce();
    expect(told).toEqual([]);
  });
});
