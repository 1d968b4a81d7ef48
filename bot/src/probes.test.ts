import { NO_RULES } from "@rollcall/core/policy-rules.ts";
import { describe, expect, test } from "vitest";
import type { Adapters } from "./adapters.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { probesOf } from "./probes.ts";

/** PostgreSQL answers; who is blocked is read, or not. */
function postgresProbe(rules: { readAt: number | null; refresh: () => Promise<void> }) {
  const adapters = {
    ports: {},
    rules: { current: () => ({ ...NO_RULES, readAt: rules.readAt }), refresh: rules.refresh },
    database: { check: async () => null },
  } as unknown as Adapters;
  const probe = probesOf(adapters, createMetrics({ version: "0.0.0" }), null).find(({ name }) => name === "postgres");
  return probe as NonNullable<typeof probe>;
}

describe("the probe of PostgreSQL", () => {
  test("reads who is blocked before it says that it is up: until then every command would be refused", async () => {
    const seen: string[] = [];
    const refresh = async () => void seen.push("read");
    await expect(postgresProbe({ readAt: null, refresh }).check()).resolves.toBeNull();
    expect(seen).toEqual(["read"]);
  });

  test("is down while that cannot be read", async () => {
    const refresh = () => Promise.reject(new Error("no answer"));
    await expect(postgresProbe({ readAt: null, refresh }).check()).rejects.toThrow("no answer");
  });

  test("does not read it again once it is known", async () => {
    const refresh = () => Promise.reject(new Error("not to be asked"));
    await expect(postgresProbe({ readAt: 1, refresh }).check()).resolves.toBeNull();
  });
});
