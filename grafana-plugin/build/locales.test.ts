import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { bareTexts } from "./bare-texts.ts";
import { ROOM } from "./build.ts";
import { englishTexts, localeFile, sourceFiles, textsOf } from "./texts.ts";

const read = (file: string): string => readFileSync(join(ROOM, file), "utf8");

/** Grafana wants titles of what it shows itself before texts are read; the page of samples is for who works on the plugin. */
const ENGLISH_ONLY = ["src/extensions.ts", "src/module.tsx", "src/pages/parts.tsx", "src/pages/parts-samples.ts"];
const EXAMPLES = ["billing, op-481, req-31, inc-7, a-41207", "http://control:8080"];

const { languages } = JSON.parse(read("src/plugin.json")) as { languages: readonly string[] };

/** Each text by its key, written `agents.select`. */
const flat = (language: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(JSON.parse(read(localeFile(language))) as Record<string, Record<string, string>>).flatMap(
      ([area, texts]) => Object.entries(texts).map(([name, text]) => [`${area}.${name}`, text] as const),
    ),
  );
/** What a translation must keep: `{{id}}`, `<again>`; in the order of their names. */
const kept = (text: string): string[] => (text.match(/\{\{\w+\}\}|<\/?\w+>/g) ?? []).toSorted();
/** A plural of English has as many forms as the other language tells apart. */
function inForms([key, text]: [string, string], language: string): [string, string][] {
  if (!key.endsWith("_other")) return key.endsWith("_one") ? [] : [[key, text]];
  const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
  return pluralCategories.map((form) => [key.replace("_other", `_${form}`), text]);
}

describe("the languages of plugin.json", () => {
  test("are those that texts are there for, English among them", () => {
    const folders = globSync("src/locales/*", { cwd: ROOM }).map((folder) => basename(folder));
    expect([...languages].toSorted()).toEqual(folders.toSorted());
    expect(languages).toContain("en-US");
    expect(languages.length).toBeGreaterThan(1);
  });

  test.each(languages)("%s has every text and no other, each with the values and links of the English one", (one) => {
    const [english, texts] = [flat("en-US"), flat(one)];
    const wanted = Object.fromEntries(Object.entries(english).flatMap((text) => inForms(text, one)));
    expect(Object.keys(texts).toSorted()).toEqual(Object.keys(wanted).toSorted());
    const other = Object.entries(texts).filter(([key, text]) => `${kept(text)}` !== `${kept(wanted[key] ?? "")}`);
    expect(other).toEqual([]);
    expect(Object.entries(texts).filter(([, text]) => text.trim() === "")).toEqual([]);
  });
});

describe("the texts of the sources", () => {
  test("are those of the English file: `npm run locales` writes it", () => {
    expect(JSON.parse(read(localeFile("en-US")))).toEqual(englishTexts());
  });

  test("are all translated where they are used", () => {
    const files = sourceFiles().filter((file) => !ENGLISH_ONLY.includes(file));
    expect(files.length).toBeGreaterThan(80);
    const bare = files.flatMap((file) => bareTexts(file, read(file)).map((text) => ({ file, text })));
    expect(bare.filter(({ text }) => !EXAMPLES.includes(text))).toEqual([]);
  });

  test.each([
    ["the child of an element", "const A = () => <p>Nothing fires.</p>;"],
    ["one of two children", 'const A = () => <p>{fires ? "Firing" : <b />}</p>;'],
    ["a label for those who hear", 'const A = () => <nav aria-label="Pages" />;'],
    ["a title with a value", 'const A = () => <Region title={"Running " + count} />;'],
    ["the label of a choice", 'const choices = [{ label: "Sick first", value: "sick" }];'],
    ["a phrase that a function returns", 'function words() { return none ?? "not measured"; }'],
  ])("%s is seen where it is bare", (_, source) => expect(bareTexts("a.tsx", source)).toHaveLength(1));

  test("what no reader reads is no text", () => {
    const source = 'const A = () => <p className="wide open" data-testid="plan">{t("a.b", "Text")} p95 · {at}</p>;';
    expect(bareTexts("a.tsx", source)).toEqual([]);
  });

  test("a plural has both of its forms", () => {
    const source = 't("word.agents", "{{count}} agents", { count, defaultValue_one: "{{count}} agent" });';
    expect(textsOf("a.ts", source)).toEqual([
      ["word.agents_one", "{{count}} agent"],
      ["word.agents_other", "{{count}} agents"],
    ]);
  });

  test.each(["t(key, english);", 't("a.b", words());', 't("a.b", "{{count}} agents", { count });'])(
    "what cannot be read in the source is refused: %s",
    (source) => expect(() => textsOf("a.ts", source)).toThrow(/^a\.ts: key and text are written out/),
  );
});
