import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { redisUsers } from "../adapters/redis/agent-access.ts";
import { broadcastMessage, compiledFleet, controlMessage, controlReply, envelope, heartbeat } from "../protocol.ts";
import { deriveBroadcastKey, publicBroadcastKey, signBroadcast } from "./broadcast-seal.ts";
import { fencedReport } from "./fenced-report.ts";
import { keysOf } from "./keys.ts";
import { runReport } from "./run-report.ts";
import { deriveAgentKey, deriveRedisPassword, openSeal, seal } from "./seal.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/protocol.md"), "utf8");
const SCHEMAS = {
  heartbeat,
  controlMessage,
  broadcastMessage,
  controlReply,
  envelope,
  compiledFleet,
  runReport,
  fencedReport,
};
const FLEET_KEY = "a fleet key of at least 32 characters";

const blocksOf = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language} (\\S+)\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => ({
    name: match[1] as string,
    text: match[2] as string,
  }));

/** Names of all properties in a JSON schema, those of nested objects too. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const properties = (schema as { properties?: Record<string, unknown> }).properties ?? {};
  return [...Object.keys(properties), ...Object.values(schema).flatMap(fieldsOf)].filter(
    (name, index, all) => all.indexOf(name) === index && !["properties", "items", "anyOf"].includes(name),
  );
}

describe("docs/protocol.md", () => {
  test.each(Object.entries(SCHEMAS))("shows an example of the %s that the schema takes", (name, schema) => {
    const examples = blocksOf("json").filter((block) => block.name === name);
    expect(examples).not.toHaveLength(0);
    for (const { text } of examples) expect(schema.safeParse(JSON.parse(text)).error?.issues ?? []).toEqual([]);
  });

  test.each(Object.entries(SCHEMAS))("names every field of the %s, and the example has each", (name, schema) => {
    const fields = fieldsOf(z.toJSONSchema(schema, { unrepresentable: "any", reused: "inline" }));
    const examples = blocksOf("json").filter((block) => block.name === name);
    const example = examples.map(({ text }) => text).join("\n");
    expect(fields.length).toBeGreaterThan(3);
    expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
    const optional = name.endsWith("Message") ? ["fault", "graceMs", "run", "runId", "inputs"] : [];
    expect(fields.filter((field) => !example.includes(`"${field}"`) && !optional.includes(field))).toEqual([]);
  });

  test("names every key", () => {
    const keys = keysOf("demo");
    const names = Object.values(keys).map((key) => {
      if (typeof key === "string") return key;
      if (key === keys.replies) return key("op-7");
      return key(key === keys.topic || key === keys.lost || key === keys.deadLetters ? "stock.reserved" : "billing");
    });
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test("its numbers for checking a seal are right", () => {
    const key = deriveAgentKey(FLEET_KEY, "billing");
    const broadcast = [publicBroadcastKey(FLEET_KEY), signBroadcast(deriveBroadcastKey(FLEET_KEY), { a: 1 })];
    for (const text of [FLEET_KEY, key, deriveRedisPassword(FLEET_KEY, "billing"), seal(key, { a: 1 }), ...broadcast]) {
      expect(page).toContain(`| \`${text}\` |`);
    }
    for (const [sealed] of page.matchAll(/v1\.[0-9a-f]{64}\.\{[^}]*\}/g)) expect(openSeal(key, sealed)).not.toBeNull();
  });
});

describe("the redis-cli examples of docs/protocol.md", () => {
  const fleet = `page-${randomBytes(4).toString("hex")}`;
  const clients = new Map<string, Redis>();
  let admin: Redis;

  beforeAll(async () => {
    admin = new Redis(inject("redisUrl"));
    const { agents } = compiledFleet.parse(
      JSON.parse(blocksOf("json").find(({ name }) => name === "compiledFleet")?.text ?? ""),
    );
    for (const { name, rules } of redisUsers({ fleet, agents }, FLEET_KEY)) {
      await admin.call("ACL", "SETUSER", `${fleet}-${name}`, ...rules);
      const url = new URL(inject("redisUrl"));
      url.username = `${fleet}-${name}`;
      url.password = deriveRedisPassword(FLEET_KEY, name.replace("agent-", ""));
      clients.set(name, new Redis(url.href, { enableReadyCheck: false }));
    }
  });
  afterAll(async () => {
    for (const client of clients.values()) client.disconnect();
    const keys = [...(await admin.keys(`rc:{${fleet}}*`)), ...(await admin.keys(`rc:${fleet}:*`))];
    if (keys.length > 0) await admin.del(...keys);
    await admin.call("ACL", "DELUSER", ...[...clients.keys()].map((name) => `${fleet}-${name}`));
    admin.disconnect();
  });

  test("are taken by Redis from the user that stands above them", async () => {
    const blocks = blocksOf("redis");
    expect(blocks.length).toBeGreaterThan(6);
    const answers: string[] = [];
    for (const { name, text } of blocks) {
      for (const line of text.trim().split("\n")) {
        const [command, ...args] = wordsOf(
          line.replaceAll("rc:{demo}", `rc:{${fleet}}`).replaceAll("rc:demo", `rc:${fleet}`),
        );
        const client = clients.get(name);
        if (client === undefined) throw new Error(`no user ${name}`);
        const answer = await client.call(command ?? "", ...args).then(
          () => "taken",
          (error: Error) => error.message,
        );
        answers.push(`${line} → ${answer}`);
      }
    }
    expect(answers.filter((answer) => !answer.endsWith("→ taken"))).toEqual([]);
  });
});

/** As redis-cli reads a line: bare words, and quoted ones; a bare word holds no quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}
