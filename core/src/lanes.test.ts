import { expect, test } from "vitest";
import { createLanes } from "./lanes.ts";

test("does so many things at once and the others in their order, whether they succeed or fail", async () => {
  const lane = createLanes(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<number>());
  const works = gates.map(({ promise }, place) =>
    lane(() => {
      begun.push(place);
      return promise;
    }),
  );
  const settled = Promise.allSettled(works);
  expect(begun).toEqual([0, 1]);
  gates[1]?.reject(new Error("failed"));
  await works[1]?.catch(() => undefined);
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2]);
  for (const [place, gate] of gates.entries()) gate.resolve(place);
  expect((await settled).map((one) => (one.status === "fulfilled" ? one.value : "failed"))).toEqual([
    0,
    "failed",
    2,
    3,
  ]);
  expect(begun).toEqual([0, 1, 2, 3]);
});
