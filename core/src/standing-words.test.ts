import { expect, test } from "vitest";
import { fitsStandingWords } from "./standing-words.ts";

const BILLING = {
  ...{ id: "billing", group: "orders", owner: "payments", criticality: "P0" as const },
  labels: { tier: "back", region: "eu" },
  runtime: { kind: "process" as const, name: "billing" },
};

test.each<[readonly string[], boolean]>([
  [["billing"], true],
  [["shipping"], false],
  [["bill"], false],
  [["bill*"], true],
  [["*"], true],
  [["@orders"], true],
  [["@content"], false],
  [["owner=payments"], true],
  [["owner=orders,payments"], true],
  [["criticality=P0"], true],
  [["criticality=P1"], false],
  [["runtime=process"], true],
  [["tier=back"], true],
  [["tier=front"], false],
  [["nothing=back"], false],
  [["constructor=x"], false],
  // Names add up, labels narrow, ! takes out.
  [["shipping", "billing"], true],
  [["@orders", "tier=front"], false],
  [["tier=back", "region=eu"], true],
  [["tier=back", "region=us"], false],
  [["@orders", "!billing"], false],
  [["!shipping"], true],
  [["!owner=payments"], false],
  // A word that is not understood opens nothing, not even beside one that fits.
  [["billing", "owner="], false],
  [["billing", "Billing!"], false],
  [["!", "billing"], false],
])("%j fits billing: %s", (words, fits) => {
  expect(fitsStandingWords(BILLING, words)).toBe(fits);
});
