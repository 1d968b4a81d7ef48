import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { ExporterEnvironment, readConfig } from "./config.ts";

const good = {
  REDIS_URL: "redis://exporter:hidden-password@127.0.0.1:6380",
  ROLLCALL_FLEET: "demo",
  ROLLCALL_FLEET_KEY: "a secret fleet key of at least 32 characters",
};

describe("the exporter's configuration", () => {
  test("needs only the bus and the fleet", () => {
    expect(readConfig(good)).toMatchObject({ fleet: "demo", port: 9464, refreshSeconds: 1, maxAgeSeconds: 10 });
  });

  test("names all problems at once and repeats no value", () => {
    const wrong = { ...good, ROLLCALL_FLEET_KEY: "too short", ROLLCALL_EXPORTER_PORT: "99999", REDIS_URL: "http://x" };
    const read = () => readConfig(wrong);
    expect(read).toThrow(/REDIS_URL.*ROLLCALL_FLEET_KEY.*ROLLCALL_EXPORTER_PORT/s);
    expect(read).not.toThrow(/too short/);
  });

  test("prints no secret", () => {
    const config = readConfig(good);
    expect(config.redisUrl.reveal()).toBe(good.REDIS_URL);
    expect(inspect(config) + JSON.stringify(config)).not.toMatch(/hidden-password|secret fleet key/);
  });

  test("describes every field", () => {
    for (const field of Object.values(ExporterEnvironment.shape)) expect(field.description).toMatch(/\w/);
  });
});
