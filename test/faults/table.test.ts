import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const rows = readFileSync(join(root, "docs/faults.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, fault, happens, proof] = /^\| ([A-Z]\S* .+?) \| (.+?) \| (.+) \|$/.exec(line) ?? [];
    return fault === undefined || proof === undefined ? [] : [{ fault, happens, proof }];
  });
const proofs = rows.flatMap(({ fault, proof }) =>
  [...proof.matchAll(/`([^`]+\.test\.ts)` "([^"]+)"/g)].map(([, file = "", title = ""]) => ({ fault, file, title })),
);

describe("docs/faults.md", () => {
  test("has a row for each fault of the stores that the service stands against, and each is proven", () => {
    const known =
      "R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R13 P1 P2 P3 P4 P5 P6 P8 G1 G2 G3 G4 G5 G6 G7 G8 G9 G10 G11 G12 G13 M-4 A1 A2 A3 A4 A5 A6 A7 A8 A9 C1, C3 C4 C6 U1 A10 A11 C8".split(
        " ",
      );
    expect(rows.map(({ fault }) => fault.split(" ")[0])).toEqual(expect.arrayContaining(known));
    expect(rows.filter(({ fault }) => !proofs.some((proof) => proof.fault === fault))).toEqual([]);
  });

  test.each(proofs)("$fault: $file has the test it names", ({ file, title }) => {
    expect(readFileSync(join(root, file), "utf8")).toContain(`"${title}"`);
  });
});
