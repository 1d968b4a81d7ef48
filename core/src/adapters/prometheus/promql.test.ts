import { randomInt } from "node:crypto";
import { type PrometheusUnderTest, startPrometheus } from "@rollcall/test/prometheus.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectPrometheus, type Prometheus } from "./client.ts";
import { matching, oneOf, quote } from "./promql.ts";

let server: PrometheusUnderTest;
let prometheus: Prometheus;
const now = Math.floor(Date.now() / 1000) * 1000;
beforeAll(async () => {
  const series = [{ name: "known", labels: { secret: "yes" }, values: [1] }];
  server = await startPrometheus(inject("toolsDir"), { from: now, stepSeconds: 5, series });
  prometheus = connectPrometheus(server.url);
}, 120_000);
afterAll(async () => await server.stop());

// What would end a string, a matcher, a selector or a comment, and what escapes differently elsewhere.
const PIECES = [
  ...['"', "'", "`", "\\", '\\"', "}", "{", ",", "=", "=~", "|", ".*", ".", "(", ")", "[5m]", "#", "\n", "\r", "\t"],
  ...[
    "\u0000",
    "\u007f",
    "\u2028",
    "\ud800",
    "é",
    "🔥",
    "$1",
    `$\{1}`,
    "or",
    "known",
    'x"} or known{secret="yes',
    "a-z",
  ],
];
const anyText = (): string =>
  Array.from({ length: randomInt(1, 8) }, () => PIECES[randomInt(PIECES.length)] as string).join("");
const TEXTS = [...PIECES, ...Array.from({ length: 150 }, anyText)];

/** `absent` gives back the labels that it was asked for: what Prometheus has understood. */
const understood = async (query: string) => (await prometheus.instant(`absent(${query})`, now))[0]?.labels;

describe("any text in a label matcher", () => {
  test("is that text to Prometheus, whatever it looks like", async () => {
    for (const text of TEXTS) {
      const selector = `nothing_of_ours${matching({ topic: text })}`;
      expect(await understood(selector), text).toEqual({ topic: text.toWellFormed() });
    }
  });

  test("as one of several matches itself and nothing else", async () => {
    for (const text of TEXTS) {
      const labelled = `absent(nothing_of_ours{topic=${quote(text)}})`;
      const hit = async (texts: readonly string[]) => {
        const query = `label_replace(${labelled}, "hit", "yes", "topic", ${oneOf(texts)})`;
        return (await prometheus.instant(query, now))[0]?.labels.hit;
      };
      expect(await hit(["another", text]), text).toBe("yes");
      expect(await hit(["another", `${text}x`]), text).toBeUndefined();
    }
  });

  test("never reaches a series that was not asked for", async () => {
    for (const text of TEXTS.filter((one) => one !== "yes")) {
      expect(await prometheus.instant(`known${matching({ secret: text })}`, now), text).toEqual([]);
      expect(await prometheus.instant(`known${matching({ secret: [text, "no"] })}`, now), text).toEqual([]);
    }
    expect(await prometheus.instant(`known${matching({ secret: ["yes", "no"] })}`, now)).toHaveLength(1);
  });
});
