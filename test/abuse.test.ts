import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const rows = readFileSync(join(root, "docs/abuse.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, abuse, proof] = /^\| (\d+ .+?) \| .+? \| (.+) \|$/.exec(line) ?? [];
    return abuse === undefined || proof === undefined ? [] : [{ abuse, proof }];
  });
const proofs = rows.flatMap(({ abuse, proof }) =>
  [...proof.matchAll(/`([^`]+\.test\.ts)` "([^"]+)"/g)].map(([, file = "", title = ""]) => ({ abuse, file, title })),
);
const numbersOf = (text: string): number[] =>
  [...text.matchAll(/^(?:\| |- )(\d+)[ ,]/gm)].map(([, number]) => Number(number));

describe("docs/abuse.md", () => {
  test("has each abuse once, in order, and a proof for each", () => {
    const numbers = rows.map(({ abuse }) => Number(abuse.split(" ")[0]));
    expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
    expect(rows.filter(({ abuse }) => !proofs.some((proof) => proof.abuse === abuse))).toEqual([]);
  });

  test("has whoever tries to get more rights, from 19 to 39, in the table or among what is not there yet", () => {
    const known = numbersOf(readFileSync(join(root, "docs/abuse.md"), "utf8"));
    const wanted = Array.from({ length: 21 }, (_, index) => index + 19);
    expect(wanted.filter((number) => !known.includes(number))).toEqual([]);
  });

  test.each(proofs)("$abuse: $file has the test it names", ({ file, title }) => {
    expect(readFileSync(join(root, file), "utf8")).toContain(`"${title}"`);
  });
});
