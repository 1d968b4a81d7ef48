import { afterAll, beforeAll, expect, test } from "vitest";
import { agents } from "../api/lists.ts";
import { sampleAgents } from "../pages/parts-samples.ts";
import { optionsFor } from "./context-selector.tsx";

const [sample] = sampleAgents(0);
if (sample === undefined) throw new Error("no sample");
const named = (id: string, group: string) => ({ ...sample, id, group });
const fleet = [named("order-intake", "orders"), named("billing", "orders"), named("crm-chat", "platform")];
const items = new Map(fleet.map((agent) => [agent.id, agent]));
const before = agents.store.get();
beforeAll(() => agents.store.set({ ...before, at: 0, items }));
afterAll(() => agents.store.set(before));

const labels = async (words: string): Promise<(string | undefined)[]> =>
  (await optionsFor(words)).map(({ label }) => label);

test("without a word every group and agent may be chosen, groups first, each by name", async () => {
  expect(await labels("")).toEqual(["@orders", "@platform", "billing", "crm-chat", "order-intake"]);
});

test("words narrow them, also in capitals and from the middle; what begins with them comes first", async () => {
  expect(await labels(" I")).toEqual(["billing", "order-intake"]);
  expect(await labels("order")).toEqual(["@orders", "order-intake"]);
  expect(await labels("in")).toEqual(["billing", "order-intake"]);
  expect(await labels("c")).toEqual(["crm-chat"]);
  expect(await labels("@p")).toEqual(["@platform"]);
});

test("an agent stands with its group, so that two of like names can be told apart", async () => {
  expect(await optionsFor("crm")).toEqual([{ value: "agent:crm-chat", label: "crm-chat", description: "platform" }]);
});
