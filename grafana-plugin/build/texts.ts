import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CallExpression, type Expression, type JSXOpeningElement, parseSync, Visitor } from "oxc-parser";
import { ROOM } from "./build.ts";

/** Texts by their keys, as i18next wants them: `{ agents: { select: "Select {{id}}" } }`. */
export interface Texts {
  readonly [name: string]: string | Texts;
}

/** Where the texts of a language are, below the room. */
export const localeFile = (language: string): string => `src/locales/${language}/rollcall-fleet-app.json`;

/** The sources that may hold texts. */
export const sourceFiles = (): string[] =>
  globSync("src/**/*.{ts,tsx}", { cwd: ROOM })
    .filter((file) => !/\.test\.tsx?$|\.d\.ts$/.test(file))
    .toSorted();

/**
 * The English texts, as the sources give them to `t` and `<Trans>`. i18next's own extractor is not used: what it parses
 * with may download itself when it is installed.
 * @throws Error for what cannot be read without running it, and for a key with two texts
 */
export function englishTexts(files: readonly string[] = sourceFiles()): Texts {
  const found = new Map<string, string>();
  for (const file of files)
    for (const [key, text] of textsOf(file, readFileSync(join(ROOM, file), "utf8"))) {
      const known = found.get(key);
      if (known !== undefined && known !== text)
        throw new Error(`${file}: ${key} is "${text}" here and "${known}" elsewhere`);
      found.set(key, text);
    }
  return nested(found);
}

/** Keys and texts of one source, in their order. @throws Error */
export function textsOf(file: string, source: string): [key: string, text: string][] {
  const found: [string, string][] = [];
  const refuse = (what: string, { start, end }: { start: number; end: number }): never => {
    throw new Error(`${file}: ${what}: ${source.slice(start, end)}`);
  };
  new Visitor({
    CallExpression(call) {
      if (call.callee.type !== "Identifier" || call.callee.name !== "t") return;
      found.push(...(textsOfCall(call) ?? refuse("key and text are written out, a plural with its `_one`", call)));
    },
    JSXOpeningElement(element) {
      if (element.name.type !== "JSXIdentifier" || element.name.name !== "Trans") return;
      found.push(textOfTrans(element) ?? refuse("i18nKey and defaults are written out", element));
    },
  }).visit(parseSync(file, source).program);
  return found;
}

function textsOfCall({ arguments: [key, text, values] }: CallExpression): [string, string][] | null {
  const [name, english] = [wordsOf(key), wordsOf(text)];
  if (name === null || english === null) return null;
  const properties = values?.type === "ObjectExpression" ? values.properties : [];
  const given = (wanted: string): unknown =>
    properties.flatMap((one) =>
      one.type === "Property" && one.key.type === "Identifier" && one.key.name === wanted ? [one.value] : [],
    )[0];
  if (given("count") === undefined) return [[name, english]];
  const one = wordsOf(given("defaultValue_one") as Expression | undefined);
  return one === null
    ? null
    : [
        [`${name}_one`, one],
        [`${name}_other`, english],
      ];
}

function textOfTrans({ attributes }: JSXOpeningElement): [string, string] | null {
  const given = (wanted: string): string | null => {
    for (const one of attributes)
      if (one.type === "JSXAttribute" && one.name.name === wanted && one.value?.type === "Literal")
        return wordsOf(one.value);
    return null;
  };
  const [key, text] = [given("i18nKey"), given("defaults")];
  return key === null || text === null ? null : [key, text];
}

const wordsOf = (node: { type: string; value?: unknown } | undefined): string | null =>
  node?.type === "Literal" && typeof node.value === "string" ? node.value : null;

function nested(texts: ReadonlyMap<string, string>): Texts {
  const all: Record<string, Record<string, string>> = {};
  for (const [key, text] of [...texts].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    const [, area = "", name = ""] = /^([a-z-]+)\.([a-z-]+(?:_one|_other)?)$/.exec(key) ?? [];
    if (area === "") throw new Error(`${key} is no key like agents.select`);
    all[area] = { ...all[area], [name]: text };
  }
  return all;
}
