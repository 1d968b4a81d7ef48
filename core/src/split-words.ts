import { Failure } from "./domain/failure.ts";

/** A word as it was typed; a quoted one may hold spaces and is never a flag. */
export interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

// Phones turn " into “ and ”, and -- into — or –.
const QUOTES = '"“”„';
const WORD = new RegExp(
  `\\s*(?:[${QUOTES}]([^${QUOTES}]*)[${QUOTES}]|((?:[^\\s${QUOTES}]|[${QUOTES}][^${QUOTES}]*[${QUOTES}])+))`,
  "y",
);

/** Splits a line at spaces, except inside quotes. @throws Failure "invalid_input" if a quote is not closed */
export function splitWords(text: string): Word[] {
  const line = text.trim();
  const words: Word[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < line.length) {
    const found = WORD.exec(line);
    if (found === null) throw new Failure("invalid_input", "A quote is not closed. Nothing was done.");
    const [, quoted, bare = ""] = found;
    words.push(quoted === undefined ? { text: unquoted(bare), isQuoted: false } : { text: quoted, isQuoted: true });
  }
  return words;
}

const unquoted = (word: string): string =>
  word.replaceAll(new RegExp(`[${QUOTES}]`, "g"), "").replace(/^[—–](?=[a-z])/i, "--");
