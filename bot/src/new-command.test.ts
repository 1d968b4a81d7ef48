import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CommandDefinition, ReadCommand } from "@rollcall/core/command.ts";
import { parseCommandWords } from "@rollcall/core/command-words.ts";
import { apiCommands } from "@rollcall/core/contract.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callers, makeApp } from "./http/app-fixture.ts";

const urlOf = (path: string): string => pathToFileURL(join(import.meta.dirname, path)).href;
const FILE = `
import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
import { who } from ${JSON.stringify(urlOf("../../core/src/selector.ts"))};
export default {
  name: "water-plants", aliases: ["wp"], kind: "read", role: "viewer", danger: 0,
  summary: "Water the plants beside agents",
  input: z.strictObject({ who, litres: z.number().int().min(1).max(9).default(1).describe("How much") }),
  words: ["who"], examples: ["water-plants billing --litres 2"],
  run: async (input) => ({ headline: "watered " + input.who.join(), context: null, lines: [], fields: [], actions: [], sameAs: null, data: input }),
};
`;
let folder: string;
let commands: readonly CommandDefinition[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-command-"));
  await writeFile(join(folder, "water-plants.js"), FILE);
  commands = [...(await loadCommands()), ...(await loadCommands(folder))];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const withIt = () => makeApp((deps) => ({ ...deps, commands }));

describe("a command that is only a new file", () => {
  test("is typed in Slack and in the terminal, with its flags", () => {
    const { command, input } = parseCommandWords("water plants billing invoices --litres 2", commands);
    expect([command.name, input]).toEqual(["water-plants", { who: ["billing", "invoices"], litres: 2 }]);
    expect(() => parseCommandWords("wp billing --litres 20", commands)).toThrow("--litres");
  });

  test("stands in the help of Slack and of the terminal", async () => {
    const help = commands.find(({ name }) => name === "help") as ReadCommand;
    const context = new FakeFleet("billing").reading(undefined, commands);
    const all = await help.run({}, context);
    expect(JSON.stringify(all)).toContain("water-plants");
    const one = await help.run({ text: "water-plants" }, context);
    expect(JSON.stringify(one)).toContain("Water the plants beside agents");
  });

  test("is offered over HTTP with the schema that forms are made of", async () => {
    const answer = await withIt().app.inject({ url: "/api/v1/commands", headers: callers.viewer });
    const found = apiCommands.parse(answer.json()).commands.find(({ name }) => name === "water-plants");
    expect(found).toMatchObject({
      ...{ role: "viewer", mayAsk: true, summary: "Water the plants beside agents" },
      input: { properties: { litres: { type: "integer", minimum: 1, maximum: 9, description: "How much" } } },
    });
  });

  test("has a route of its own in the OpenAPI document", async () => {
    const answer = await withIt().app.inject({ url: "/api/v1/openapi.json" });
    expect(Object.keys((answer.json() as { paths: object }).paths)).toContain("/api/v1/commands/water-plants");
  });
});
