/** A part of a text, and whether it is what was searched for. */
export interface Piece {
  readonly text: string;
  readonly isFound: boolean;
}

/** As much of a line as a wide row shows, and a little more. */
const ROW_CHARACTERS = 400;
/** What stands before the first word that was found, where that is far inside. */
const BEFORE_FOUND = 40;

/** Control characters, which colour a terminal or worse, by the pictures that Unicode has of them; lines stay lines. */
export const withoutControls = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]/gu, (one) => {
    const code = one.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : "\uFFFD";
  });

/** "order=77", as most programs write what they know by name. */
export const fieldWords = (fields: Readonly<Record<string, string>>): string[] =>
  Object.entries(fields).map(([name, value]) => `${name}=${value}`);

/** A text in pieces, with the words in any case of their letters. */
export function markedPieces(text: string, words: readonly string[]): Piece[] {
  const pattern = patternOf(words);
  if (pattern === null) return [{ text, isFound: false }];
  // What is in brackets stands in the list too: each second one was found.
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, isFound: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** A line of a log on one line of the screen: its beginning, or what is about the first word that was found. */
export function rowPieces(text: string, words: readonly string[]): Piece[] {
  const flat = withoutControls(text).replaceAll(/\s*\n\s*/g, " ⏎ ");
  const found = patternOf(words)?.exec(flat)?.index ?? 0;
  const from = found < ROW_CHARACTERS / 2 ? 0 : found - BEFORE_FOUND;
  const part = flat.slice(from, from + ROW_CHARACTERS);
  return markedPieces(`${from > 0 ? "… " : ""}${part}${from + part.length < flat.length ? "…" : ""}`, words);
}

function patternOf(words: readonly string[]): RegExp | null {
  const escaped = words
    .filter((word) => word !== "")
    .toSorted((one, other) => other.length - one.length)
    .map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return escaped.length === 0 ? null : new RegExp(`(${escaped.join("|")})`, "iu");
}
