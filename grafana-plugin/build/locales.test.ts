import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bareTexts } from "./bare-texts.ts";
import { ROOM } from "./build.ts";
import { englishTexts, localeFile, sourceFiles, textsOf } from "./texts.ts";

const read = (file: string): string => readFileSync(join(ROOM, file), "utf8");

/** Grafana wants titles of what it shows itself before texts are read; the page of samples is for who works on the plugin. */
const ENGLISH_ONLY = ["src/extensions.ts", "src/module.tsx", "src/pages/parts.tsx", "src/pages/parts-samples.ts"];
const EXAMPLES = ["billing, op-481, req-31, inc-7, a-41207", "http://control:8080"];

describe("the texts of the sources", () => {
  test("are those of the English file: `npm run locales -w rollcall-fleet-app` writes it", () => {
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
