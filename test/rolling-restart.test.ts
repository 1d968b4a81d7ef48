import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { BROKEN } from "./kept-agents.ts";
import { openVerbStage, type VerbStage } from "./verb-stage.ts";

const WITHIN_MS = 300_000;

let stage: VerbStage;
let parents: ReadonlyMap<string, string | null>;
beforeAll(async () => {
  const { agents } = await readFleetFile(new URL("../fleet.yaml", import.meta.url).pathname);
  parents = new Map(agents.map(({ id, parent }) => [id, parent]));
  const listed = agents.map(({ id, group, criticality, parent }) => ({
    ...{ id, group, criticality },
    ...(parent !== null && { parent }),
  }));
  stage = await openVerbStage(inject("redisUrl"), listed);
  await stage.putRight();
}, WITHIN_MS);
afterAll(() => stage.close());

test("a rolling restart of all 22 with one that does not come back stops after its batch, and goes on when told to", {
  timeout: WITHIN_MS,
}, async () => {
  const before = await stage.facts();
  // A batch of the middle: some are restarted before it, and most would be after it.
  const plan = await stage.ask("restart", { input: { who: ["all"] } });
  const { batches } = (plan as { plan: { batches: readonly (readonly string[])[] } }).plan;
  const place = Math.floor(batches.length / 3);
  const broken = batches[place]?.[0] ?? "";
  stage.kept.broken.add(broken);

  const { operation, hadSecondPerson } = await stage.accept("restart", { who: ["all"] });
  expect(hadSecondPerson).toBe(true);
  const stopped = await stage.untilIt(operation.id, "has stopped", ({ state }) => state === "waiting");
  const endingsOf = (wanted: string | null) =>
    stopped.targets.filter(({ ending }) => ending === wanted).map(({ agent }) => agent);
  expect(stopped.bulk?.batches, "as they were planned").toEqual(batches);
  expect(endingsOf("did-not-come-back")).toEqual([broken]);
  expect(stopped.targets.find(({ agent }) => agent === broken)?.stages).toMatchObject([
    ...[{ state: "done" }, { state: "done" }],
    { state: "failed", error: `exit 1 twice: "${BROKEN}"` },
    ...[{ state: "skipped" }, { state: "skipped" }],
  ]);
  // Right here: its batch is brought to its end, and nobody after it is touched.
  const done = batches
    .slice(0, place + 1)
    .flat()
    .filter((id) => id !== broken);
  expect(endingsOf("recovered").toSorted()).toEqual(done.toSorted());
  expect(endingsOf(null).toSorted()).toEqual(
    batches
      .slice(place + 1)
      .flat()
      .toSorted(),
  );
  const after = await stage.facts();
  const asBefore = [...after].filter(([id, { epoch }]) => epoch === before.get(id)?.epoch).map(([id]) => id);
  expect(asBefore.toSorted()).toEqual([broken, ...endingsOf(null)].toSorted());

  await stage.accept("continue", { operation: operation.id });
  const { ending, targets } = await stage.ended(operation.id);
  expect(ending).toBe("partly");
  expect(targets.filter((target) => target.ending === "recovered")).toHaveLength(21);
  const finished = (id: string): number => targets.find(({ agent }) => agent === id)?.stages.at(-1)?.endedAt ?? 0;
  for (const [id, parent] of parents)
    if (parent !== null && id !== broken && parent !== broken)
      expect(finished(parent), `${parent} after ${id}`).toBeGreaterThanOrEqual(finished(id));
});
