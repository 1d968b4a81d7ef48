import { describe, expect, test } from "vitest";
import { LISTENERS, nextGoodOffset, portsAt } from "./addresses.ts";

describe("portsAt", () => {
  test("without an offset the ports are those of the handbook", () => {
    expect(portsAt(undefined)).toEqual({
      postgres: 5433,
      redis: 6380,
      prometheus: 9090,
      alertmanager: 9093,
      slack: 8090,
      google: 8091,
      pagerduty: 8092,
      grafana: 3000,
      control: 8080,
      supervisor: 9465,
      exporter: 9464,
    });
  });

  test("an offset moves every port", () => {
    const ports = portsAt("4000");
    for (const { name, port } of LISTENERS) expect(ports[name]).toBe(port + 4000);
  });

  test.each(["-1", "1.5", "abc", "1e3", " 5", "0x10", "999999"])("an offset of %j is refused", (offset) => {
    expect(() => portsAt(offset)).toThrow(`ROLLCALL_PORT_OFFSET is "${offset}"`);
  });

  test.each([
    ["2000", "Control service on port 10080, which browsers block"],
    ["285", "Redis on port 6665, which browsers block"],
    ["1990", "Slack stand-in on port 10080, which browsers block"],
    ["60000", "above 65535"],
  ])("an offset of %s is refused if it puts %s", (offset, problem) => {
    expect(() => portsAt(offset)).toThrow(problem);
  });

  test("a refusal names an offset that works", () => {
    const message = messageOf(() => portsAt("2000"));
    const proposed = /for example (\d+)\./.exec(message)?.[1];
    expect(() => portsAt(proposed)).not.toThrow();
  });
});

describe("nextGoodOffset", () => {
  test("skips offsets whose ports are taken", () => {
    expect(nextGoodOffset(0, (port) => port !== 8190)).toBe(200);
  });

  test("begins again from below when there is none above", () => {
    expect(nextGoodOffset(56_071)).toBe(100);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}
