import { execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  createControlSetting,
  DELIVERY,
  postOf,
  type StartedControl,
  untilStatus,
  WEBHOOK_TOKEN,
} from "./control-process-fixture.ts";

interface Received {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly service: string;
  readonly resource: Readonly<Record<string, unknown>>;
}
interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface OtlpRequest {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Received, "service" | "resource">[] }[];
  }[];
}

const received: Received[] = [];
const asked = new Set<string>();
const servers: Server[] = [];

async function serve(answer: (request: IncomingMessage, body: string) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answer(request, Buffer.concat(parts).toString())));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An OTLP receiver, HTTP and JSON. */
function receive(request: IncomingMessage, body: string): unknown {
  asked.add(request.url ?? "");
  for (const { resource, scopeSpans } of (JSON.parse(body) as OtlpRequest).resourceSpans ?? []) {
    const named = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, value.stringValue]));
    for (const { spans } of scopeSpans)
      received.push(...spans.map((span) => ({ ...span, service: String(named["service.name"]), resource: named })));
  }
  return {};
}

const answerAsSlack = (request: IncomingMessage): unknown =>
  request.url?.includes("users.info")
    ? { ok: true, user: { id: "U0OPERATOR", team_id: "T0LOCAL", name: "op", is_email_confirmed: true } }
    : { ok: true, channel: "C0OPS", ts: "1795142452.000100", message_ts: "1795142452.000100" };

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;
let stage: Stage;
let service: StartedControl;
let telemetry: Record<string, string>;
const billing = { consumes: ["stock.reserved"], publishes: ["payments.captured", "payments.declined"] };
const EXPORTER = join(import.meta.dirname, "../../exporter/src/main.ts");
const preload = (room: string) => join(import.meta.dirname, `../../${room}/telemetry.ts`);

beforeAll(async () => {
  const redisUrl = inject("redisUrl");
  database = await createTestDatabase();
  setting = await createControlSetting({ databaseUrl: database.url, redisUrl, inherited: process.env });
  stage = await createStage(redisUrl, { billing });
  await writeFile(
    join(setting.folder, "fleet.yaml"),
    `fleet: ${stage.fleet}\nagents:\n  - { id: billing, group: payments, does: takes payments, criticality: P0, consequence: payments stop, normalSeconds: 1 }\n`,
  );
  await writeFile(
    join(setting.folder, "access.yaml"),
    "people:\n  - { id: operator, name: Operator, role: operator, slack: [{ team: T0LOCAL, user: U0OPERATOR }] }\n",
  );
  telemetry = {
    OTEL_EXPORTER_OTLP_ENDPOINT: await serve(receive),
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    ROLLCALL_ENVIRONMENT: "test-lab",
  };
  const slack = `${await serve(answerAsSlack)}/api/`;
  const ofControl = { ...telemetry, NODE_OPTIONS: `--import=${preload("bot")}`, SLACK_API_URL: slack };
  stage.spawnSample("billing", {}, { ...telemetry, NODE_OPTIONS: `--import=${preload("agent")}` });
  service = await setting.start(ofControl);
  await untilStatus(service, "/ready", 200);
  await stage.beatThat("billing", "its first", () => true);
}, 60_000);
afterAll(async () => {
  await setting.endAll();
  await stage.close();
  await setting.remove();
  await database.drop();
  for (const server of servers) server.close();
});

/** Presses a button in Slack's way: a form, signed. */
async function press(order: object): Promise<number> {
  const payload = {
    type: "block_actions",
    user: { id: "U0OPERATOR", team_id: "T0LOCAL" },
    team: { id: "T0LOCAL" },
    trigger_id: "1.2.tracing",
    channel: { id: "C0OPS" },
    container: { type: "message", channel_id: "C0OPS", is_ephemeral: false },
    actions: [{ type: "button", action_id: "do.drill.0", block_id: "b", value: JSON.stringify(order) }],
  };
  const body = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
  const at = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", "a-signing-secret-for-tests").update(`v0:${at}:${body}`).digest("hex");
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    "x-slack-request-timestamp": at,
    "x-slack-signature": `v0=${signature}`,
    "x-customer-id": "customer-3",
  };
  return (await service.ask("/slack/events", { method: "POST", headers, body })).status;
}

const isOf = (spans: readonly Received[], service: string, name: string): boolean =>
  spans.some((span) => span.service === service && span.name === name);
const WHOLE: readonly (readonly [string, string])[] = [
  ["rollcall-control", "answer request"],
  ["rollcall-control", "handle Slack request"],
  ["rollcall-control", "run command"],
  ["rollcall-control", "run operation"],
  ["rollcall-control", "run stage"],
  ["rollcall-control", "send drill"],
  ["rollcall-agent", "apply drill"],
  ["rollcall-agent", "send reply"],
  ["rollcall-control", "collect replies"],
  ["rollcall-control", "call Slack"],
];

describe("spans at an OTLP receiver", { timeout: 60_000 }, () => {
  test("one trace runs from the click in Slack over job and bus into the agent, and back to the message in Slack", async () => {
    const order = { command: "drill", input: { fault: "stop-consuming", id: "billing" }, asked: true };
    expect(await press(order)).toBe(200);
    const trace = await until(
      "a trace with every part of the way",
      async () => {
        const command = received.find(({ name }) => name === "run command");
        const spans = received.filter(({ traceId }) => traceId === command?.traceId);
        return WHOLE.every(([from, name]) => isOf(spans, from, name)) && spans;
      },
      30,
    ).catch((error: unknown) => {
      const seen = received.map(({ traceId, service: from, name }) => `${traceId} ${from} ${name}`).join("\n");
      throw new Error(`${String(error)}\n${seen}\n${service.output.text.slice(-3000)}`);
    });
    const ids = new Set(trace.map(({ spanId }) => spanId));
    const orphans = trace.filter(({ parentSpanId }) => parentSpanId && !ids.has(parentSpanId));
    expect(orphans.map(({ name }) => name)).toEqual([]);
    expect(trace.filter(({ parentSpanId }) => !parentSpanId).map(({ name }) => name)).toEqual(["answer request"]);
    for (const { resource } of trace)
      expect(resource).toMatchObject({ "service.version": "0.1.0", "deployment.environment.name": "test-lab" });
    const lines = service.output.text.split("\n").filter((line) => line.includes(trace[0]?.traceId ?? "none"));
    const said = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === "operation ended");
    expect(said).toMatchObject({ command: "drill", customer_id: "customer-3", request_id: expect.any(String) });
  });

  test("an event's trace runs through the agent's handler to what it publishes", async () => {
    stage.spawnSample(
      "billing",
      { dir: join(stage.dir, "second") },
      { ...telemetry, NODE_OPTIONS: `--import=${preload("agent")}` },
    );
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const data = { order: "o-7", amountCents: 700, city: "Riga" };
    await stage.publish("stock.reserved", data, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    const spans = await until("both spans", async () => {
      const found = received.filter((span) => span.traceId === traceId);
      return found.length >= 2 && found;
    });
    const handled = spans.find(({ name }) => name === "handle event");
    expect(handled).toMatchObject({ service: "rollcall-agent", parentSpanId: "00f067aa0ba902b7" });
    expect(spans.find(({ name }) => name === "publish event")).toMatchObject({ parentSpanId: handled?.spanId });
  });

  test("an alert's trace runs from Alertmanager's delivery over the incident that was recorded to its card in Slack", async () => {
    const traceId = "5bf92f3577b34da6a3ce929d0e0e4737";
    const { headers, ...delivery } = postOf(DELIVERY, { authorization: `Bearer ${WEBHOOK_TOKEN}` });
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    const answer = await service.ask("/webhooks/alertmanager", { ...delivery, headers: { ...headers, traceparent } });
    expect(answer.status).toBe(200);
    const spans = await until("the span of the card", async () => {
      const found = received.filter((span) => span.traceId === traceId);
      return isOf(found, "rollcall-control", "call Slack") && found;
    });
    const asked = spans.find(({ name }) => name === "answer request");
    expect(asked).toMatchObject({ service: "rollcall-control", parentSpanId: "00f067aa0ba902b7" });
    const recorded = spans.find(({ name }) => name === "record incident");
    expect(recorded).toMatchObject({ parentSpanId: asked?.spanId });
    expect(spans.find(({ name }) => name === "call Slack")).toMatchObject({ parentSpanId: recorded?.spanId });
  });

  test("each reading of the exporter is a trace of what it read and what it made of it", async () => {
    const exporter = spawn(process.execPath, ["--import", preload("exporter"), EXPORTER], {
      env: {
        ...{ PATH: process.env.PATH, ...telemetry, ROLLCALL_EXPORTER_PORT: "0" },
        ...{ REDIS_URL: inject("redisUrl"), ROLLCALL_FLEET: stage.fleet, ROLLCALL_FLEET_KEY: "f".repeat(40) },
      },
      stdio: "ignore",
    });
    try {
      const named = (name: string) =>
        received.find((span) => span.service === "rollcall-exporter" && span.name === name);
      const whole = await until("a reading", async () => named("refresh snapshot") ?? false);
      expect(whole.resource).toMatchObject({
        ...{ "service.version": "0.1.0", "deployment.environment.name": "test-lab" },
      });
      expect(named("read bus")).toMatchObject({ traceId: whole.traceId, parentSpanId: whole.spanId });
    } finally {
      exporter.kill();
      await once(exporter, "exit");
    }
  });

  test("nothing but spans is sent", () => expect([...asked]).toEqual(["/v1/traces"]));
});

describe("telemetry", { timeout: 60_000 }, () => {
  const watch = `data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from "node:module";
    registerHooks({ load: (url, context, next) => {
      if (url.includes("@opentelemetry")) process.stdout.write(url + "\\n");
      return next(url, context);
    } });`)}`;
  const load = async (room: string, env: Record<string, string>): Promise<string> => {
    const words = ["--import", watch, "--import", preload(room), "--eval", "process.exit(0)"];
    return (await promisify(execFile)(process.execPath, words, { env: { PATH: process.env.PATH, ...env } })).stdout;
  };

  test.each(["bot", "exporter", "agent"])("of %s loads nothing of OpenTelemetry without an endpoint", async (room) => {
    expect(await load(room, {})).toBe("");
    expect(await load(room, { OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toBe("");
    expect(await load(room, { OTEL_EXPORTER_OTLP_ENDPOINT: "nonsense" })).toBe("");
  });

  test("loads its SDK with one", async () => {
    expect(await load("bot", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" })).toContain("sdk-node");
  });
});
