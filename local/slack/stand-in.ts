import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { createLocalServer, servePage } from "../stand-in/local-server.ts";
import { SnapshotFile } from "../stand-in/snapshot-file.ts";
import { addAppUrls } from "./app-urls.ts";
import { Clock } from "./clock.ts";
import { addControl, type ControlParts } from "./control.ts";
import { Delivery, type DeliveryOptions } from "./delivery.ts";
import { Events } from "./events.ts";
import { Faults } from "./faults.ts";
import { FILE_BYTES, Files } from "./files.ts";
import { ResponseUrls, Triggers } from "./lifetimes.ts";
import { RateLimits } from "./rate-limits.ts";
import { isRecord } from "./records.ts";
import { Sockets } from "./sockets.ts";
import { Traffic } from "./traffic.ts";
import { Views } from "./views.ts";
import { addWebApi } from "./web-api.ts";
import { type Snapshot, Workspace } from "./workspace.ts";

export interface SlackStandInOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly signingSecret: string;
  readonly botToken: string;
  /** Lets the app open sockets; without it nobody may. */
  readonly appToken?: string;
  /** Where the app listens; may be set later with `deliverTo`. */
  readonly requestUrl?: string;
  /** JSON file that keeps messages between runs; without it nothing is kept. */
  readonly dataFile?: string;
  readonly ackDeadlineMs?: number;
  readonly rateLimits?: boolean;
  readonly logLevel?: string;
}

export interface SlackStandIn {
  readonly app: FastifyInstance;
  /** `http://127.0.0.1:<port>`; the Web API is at `<url>/api/`. */
  readonly url: string;
  readonly workspace: Workspace;
  deliverTo(requestUrl: string): void;
  close(): Promise<void>;
}

/** A local Slack workspace with its page, its Web API and a control API; listens on 127.0.0.1. */
export async function createSlackStandIn(options: SlackStandInOptions): Promise<SlackStandIn> {
  const app = createLocalServer({ logLevel: options.logLevel ?? "silent", bodyLimit: FILE_BYTES + 1024 * 1024 });
  const { parts, delivering } = createParts(options);
  const { workspace, faults, traffic, rateLimits } = parts;
  const file = keepMessages(app, workspace, options.dataFile ?? null);
  addWebApi(app, { token: options.botToken, appToken: options.appToken ?? null, parts, faults, rateLimits, traffic });
  addAppUrls(app, parts);
  addControl(app, parts);
  servePage(app, {
    folder: join(import.meta.dirname, "page"),
    paths: ["/", "/archives/:channel", "/archives/:channel/:message"],
  });
  await app.listen({ host: "127.0.0.1", port: options.port });
  parts.sockets.attach(app.server);
  const address = app.server.address();
  parts.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : options.port}`;
  return {
    app,
    url: parts.url,
    workspace,
    deliverTo: (requestUrl) => {
      delivering.requestUrl = requestUrl;
    },
    close: async () => {
      parts.events.close();
      parts.delivery.close();
      parts.sockets.close();
      await app.close();
      file.flush();
    },
  };
}

function createParts(options: SlackStandInOptions): { parts: ControlParts; delivering: DeliveryOptions } {
  const clock = new Clock();
  const faults = new Faults();
  const traffic = new Traffic();
  const rateLimits = new RateLimits(clock);
  rateLimits.enabled = options.rateLimits ?? true;
  const delivering: DeliveryOptions = {
    signingSecret: options.signingSecret,
    requestUrl: options.requestUrl ?? null,
    over: "http",
    ackDeadlineMs: options.ackDeadlineMs ?? 3_000,
  };
  const sockets = new Sockets();
  const delivery = new Delivery(delivering, { traffic, faults, sockets });
  const parts = {
    clock,
    faults,
    traffic,
    rateLimits,
    delivering,
    delivery,
    sockets,
    workspace: new Workspace(clock),
    triggers: new Triggers(clock),
    responseUrls: new ResponseUrls(clock),
    views: new Views(),
    files: new Files(),
    events: new Events(delivery, clock),
    url: "",
  };
  return { parts, delivering };
}

function keepMessages(app: FastifyInstance, workspace: Workspace, path: string | null): SnapshotFile<Snapshot> {
  const file = new SnapshotFile<Snapshot>(path, () => workspace.snapshot());
  const { state, broken } = file.load(isSnapshot);
  if (broken !== null) app.log.warn({ broken }, "the kept messages could not be read and were put aside");
  if (state !== null) workspace.restore(state);
  workspace.onChange(() => file.changed());
  return file;
}

const isSnapshot = (value: unknown): value is Snapshot =>
  isRecord(value) &&
  value.version === 1 &&
  Array.isArray(value.messages) &&
  value.messages.every(
    (message) =>
      isRecord(message) &&
      typeof message.ts === "string" &&
      typeof message.channel === "string" &&
      Array.isArray(message.blocks) &&
      Array.isArray(message.versions),
  );
