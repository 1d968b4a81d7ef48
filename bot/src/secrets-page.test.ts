import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rotatingNames } from "@rollcall/core/secrets/read-settings.ts";
import { expect, test } from "vitest";
import { controlConfig } from "./config.ts";

test("docs/secrets.md names every secret of which two count while it is changed, and no other", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/secrets.md"), "utf8");
  const [, list = ""] = /for a while two of each count:\n([^.]+)\./.exec(page) ?? [];
  const named = [...list.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(rotatingNames(controlConfig).toSorted());
});
