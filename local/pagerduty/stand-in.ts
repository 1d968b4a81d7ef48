import { join } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { createLocalServer, EventStream, servePage } from "../stand-in/local-server.ts";
import { readBody } from "../stand-in/read-body.ts";
import { SnapshotFile } from "../stand-in/snapshot-file.ts";
import { readEvent } from "./event.ts";
import { PagerIncidents, type PagerSnapshot } from "./incidents.ts";
import { serveOnCalls } from "./on-calls.ts";

export interface PagerDutyStandInOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** The only integration that exists, 32 characters. */
  readonly routingKey: string;
  /** The only key of the REST API that exists; without it nobody may ask. */
  readonly apiToken?: string | undefined;
  /** JSON file that keeps incidents between runs; without it nothing is kept. */
  readonly dataFile?: string;
  readonly logLevel?: string;
}

export interface PagerDutyStandIn {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:<port>`; events go to `<url>/v2/enqueue`. */
  readonly url: string;
  readonly incidents: PagerIncidents;
  close(): Promise<void>;
}

// PagerDuty takes events of at most 512 KB.
const EVENT_BYTES = 512 * 1024;

const FaultInput = z.strictObject({
  kind: z.enum(["ratelimited", "http", "hang", "reset"]),
  count: z.int().min(1).default(1),
  status: z.int().min(400).max(599).default(500),
});
type Fault = z.output<typeof FaultInput>;

/** A local PagerDuty: Events API v2, a page that lists incidents, and a control API; listens on 127.0.0.1. */
export async function createPagerDutyStandIn(options: PagerDutyStandInOptions): Promise<PagerDutyStandIn> {
  const app = createLocalServer({ logLevel: options.logLevel ?? "silent", bodyLimit: 2 * EVENT_BYTES });
  const incidents = new PagerIncidents();
  const file = keepIncidents(app, incidents, options.dataFile ?? null);
  const faults: Fault[] = [];
  app.post("/v2/enqueue", async (request, reply) => {
    const fault = takeFault(faults);
    return fault === null
      ? takeEvent(request, reply, { incidents, routingKey: options.routingKey })
      : strike(reply, fault);
  });
  serveOnCalls(app, options.apiToken);
  app.get("/control/incidents", async () => ({ incidents: incidents.list() }));
  app.post("/control/faults", async (request) => {
    faults.push(readBody(request, FaultInput));
    return {};
  });
  app.post("/control/faults/clear", async () => {
    faults.length = 0;
    return {};
  });
  app.post("/control/clear", async () => {
    incidents.clear();
    return {};
  });
  const stream = new EventStream(app, "/control/stream");
  incidents.onChange(() => stream.send("incidents", {}));
  servePage(app, { folder: join(import.meta.dirname, "page"), paths: ["/"] });
  await app.listen({ host: "127.0.0.1", port: options.port });
  const address = app.server.address();
  return {
    app,
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : options.port}`,
    incidents,
    close: async () => {
      await app.close();
      file.flush();
    },
  };
}

interface Integration {
  readonly incidents: PagerIncidents;
  readonly routingKey: string;
}

function takeEvent(request: FastifyRequest, reply: FastifyReply, { incidents, routingKey }: Integration): FastifyReply {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (body.length > EVENT_BYTES) return refuse(reply, 413, ["Event exceeds the maximum size of 512 KB"]);
  const read = readEvent(body.toString("utf8"));
  if ("errors" in read) return refuse(reply, 400, read.errors);
  const { event } = read;
  if (event.routing_key !== routingKey) return refuse(reply, 400, ["Invalid routing key"]);
  const dedupKey = incidents.take(event);
  request.log.info({ action: event.event_action, dedup_key: dedupKey }, "event taken");
  return reply.code(202).send({ status: "success", message: "Event processed", dedup_key: dedupKey });
}

const refuse = (reply: FastifyReply, status: number, errors: readonly string[]): FastifyReply =>
  reply.code(status).send({ status: "invalid event", message: "Event object is invalid", errors });

function takeFault(faults: Fault[]): Fault | null {
  const fault = faults.find(({ count }) => count > 0);
  if (fault === undefined) return null;
  fault.count -= 1;
  return fault;
}

function strike(reply: FastifyReply, { kind, status }: Fault): FastifyReply {
  if (kind === "ratelimited")
    return reply
      .code(429)
      .header("retry-after", "1")
      .send({ status: "throttle exceeded", message: "Requests for this service are arriving too quickly" });
  if (kind === "http") return reply.code(status).send({ status: "error", message: "Internal Server Error" });
  reply.hijack();
  if (kind === "reset") reply.raw.socket?.resetAndDestroy();
  return reply;
}

function keepIncidents(
  app: FastifyInstance,
  incidents: PagerIncidents,
  path: string | null,
): SnapshotFile<PagerSnapshot> {
  const file = new SnapshotFile<PagerSnapshot>(path, () => incidents.snapshot());
  const { state, broken } = file.load(isSnapshot);
  if (broken !== null) app.log.warn({ broken }, "the kept incidents could not be read and were put aside");
  if (state !== null) incidents.restore(state);
  incidents.onChange(() => file.changed());
  return file;
}

const Snapshot = z.looseObject({
  version: z.literal(1),
  incidents: z.array(z.looseObject({ dedup_key: z.string(), status: z.string(), log: z.array(z.unknown()) })),
});
const isSnapshot = (value: unknown): value is PagerSnapshot => Snapshot.safeParse(value).success;
