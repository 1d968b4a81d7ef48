import { describe, expect, test } from "vitest";
import { markedPieces, rowPieces, withoutControls } from "./log-text.ts";

const found = (text: string, words: readonly string[]): string[] =>
  markedPieces(text, words)
    .filter(({ isFound }) => isFound)
    .map((piece) => piece.text);
const whole = (text: string, words: readonly string[]): string =>
  rowPieces(text, words)
    .map((piece) => piece.text)
    .join("");

describe("words that are searched for are marked", () => {
  test.each([
    { how: "in any case of their letters", text: "Disk FULL, full stop", words: ["full"], marks: ["FULL", "full"] },
    { how: "the longer one first", text: "restarted", words: ["start", "restarted"], marks: ["restarted"] },
    { how: "as they are", text: "a.b axb (a|b) \\d 1", words: ["a.b", "(a|b)", "\\d"], marks: ["a.b", "(a|b)", "\\d"] },
    { how: "nowhere if none is given", text: "anything", words: [], marks: [] },
  ])("$how", ({ text, words, marks }) => expect(found(text, words)).toEqual(marks));

  test("and nothing of the text is lost", () => {
    const text = "x = 1; x == 2; <b>x</b>";
    expect(
      markedPieces(text, ["x"])
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });
});

describe("a line on one line of the screen", () => {
  test("joins its lines, and is cut where it is too long", () => {
    expect(whole("first\n    at second\nthird", [])).toBe("first ⏎ at second ⏎ third");
    expect(whole("x".repeat(8_000), [])).toBe(`${"x".repeat(400)}…`);
  });

  test("begins shortly before the first word that was found far inside", () => {
    const text = `${"x".repeat(5_000)}needle${"y".repeat(2_000)}`;
    expect(whole(text, ["needle"])).toMatch(/^… x{40}needley{354}…$/);
    expect(rowPieces(text, ["needle"]).find(({ isFound }) => isFound)?.text).toBe("needle");
  });

  test("shows control characters instead of obeying them", () => {
    expect(withoutControls("\u001b[31mred\u001b[0m\u0000\u0007\u009b tab\there\nnext")).toBe(
      "␛[31mred␛[0m␀␇\uFFFD tab\there\nnext",
    );
  });
});
