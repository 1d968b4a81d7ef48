import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { weaknessOf } from "@rollcall/core/secrets/weakness.ts";
import { expect, test } from "vitest";
import { readOrMakeSecrets } from "./secrets.ts";

test("the secrets that a stack makes for itself are good enough for production, each another one", () => {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-own-secrets-"));
  const { apiTokens, ...others } = readOrMakeSecrets(join(folder, "secrets.json"));
  const all = [...Object.values(others), ...Object.values(apiTokens)].flatMap((value) =>
    typeof value === "string" ? [value] : [],
  );
  expect(all.map((value) => weaknessOf(value, 16))).toEqual(all.map(() => null));
  expect(new Set(all).size).toBe(all.length);
  rmSync(folder, { recursive: true });
});
