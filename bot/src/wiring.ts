import { join } from "node:path";
import { type CountedAttempts, countAttempts } from "@rollcall/core/count-attempts.ts";
import { REFUSAL_REASONS, type RefusalReason } from "@rollcall/core/ports/attempts.ts";
import type { RollWatch } from "@rollcall/core/ports/roll-watch.ts";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type Adapters, openAdapters } from "./adapters.ts";
import { createDeliveryRate } from "./alerts/delivery-rate.ts";
import { type Background, startBackground } from "./background.ts";
import { type ControlConfig, environmentOfProcess } from "./config.ts";
import { createEngine } from "./engine.ts";
import { openGrafana } from "./grafana.ts";
import { createApp } from "./http/app.ts";
import type { App, AppDeps } from "./http/deps.ts";
import { listen } from "./http/listen.ts";
import { createHub, type Hub } from "./live/hub.ts";
import { problemLog } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { openOwnPages } from "./own-pages.ts";
import { probesOf } from "./probes.ts";
import { createReadiness, type Readiness } from "./schedule/readiness.ts";
import { followControlSecrets } from "./secrets-in-force.ts";
import { registerSlackDoor } from "./slack/door.ts";
import { slackSettings } from "./slack-settings.ts";
import { type SocketWatch, watchSockets } from "./slack-sockets.ts";
import { version } from "./version.ts";

/** A control service that runs. */
export interface ControlService {
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  /** Resolves at the first failure that trying again does not mend: a changed migration. Never, if there is none. */
  readonly broken: Promise<unknown>;
  /** Reads rotating secrets from their files and programs now. */
  rereadSecrets(): Promise<void>;
  /** Takes no more requests, lets what is under way be stored, gives the lease back, closes everything. */
  stop(): Promise<void>;
}

const OWN_RUNBOOKS = join(import.meta.dirname, "../../alerting/runbooks");

/** Requests under way get this long when the service ends. */
const CLOSE_WITHIN_MS = 3_000;

/**
 * Starts the control service. It listens before PostgreSQL and Redis answer, so that `/live` and `/ready` tell how it is.
 * @throws Failure "invalid_input" for fleet.yaml, access.yaml or an address that cannot be listened on
 */
export async function startControlService(config: ControlConfig, log: Logger): Promise<ControlService> {
  const metrics = createMetrics({ version });
  const opened = await openAdapters(config, { log, metrics });
  const sockets = config.SLACK_APP_TOKEN === undefined ? null : watchSockets(metrics.slack);
  const readiness = createReadiness(probesOf(opened, metrics, sockets), opened.ports.clock);
  const dependencies = { current: () => readiness.current().dependencies };
  const live = createHub();
  const rollWatch: RollWatch = {
    tell: (rollCall) => live.publish({ type: "roll-call", topic: "roll-calls", rollCall }),
  };
  const adapters = { ...opened, ports: { ...opened.ports, dependencies, rollWatch } };
  const attempts = countAttempts({
    audit: adapters.ports.audit,
    clock: adapters.ports.clock,
    onRefused: metrics.audit.refused,
    onProblem: problemLog(log),
  });
  opened.limits.countBy(attempts);
  const { audit } = opened.ports;
  const environment = environmentOfProcess();
  const secrets = followControlSecrets({ config, environment, audit, log, metrics: metrics.secrets });
  try {
    const app = await openDoors({ config, log, metrics, adapters, readiness, live, sockets, attempts });
    const address = await listen(app, { host: config.ROLLCALL_HTTP_HOST, port: config.ROLLCALL_HTTP_PORT });
    const background = startBackground({ config, log, metrics, adapters, readiness, live, attempts, secrets, address });
    return {
      ...{ address, broken: background.broken, rereadSecrets: secrets.reload },
      stop: () => stopAll({ app, background, adapters }),
    };
  } catch (error) {
    await adapters.close();
    throw error;
  }
}

interface Parts {
  readonly config: ControlConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly adapters: Adapters;
  readonly readiness: Readiness;
  readonly live: Hub;
  readonly sockets: SocketWatch | null;
  readonly attempts: CountedAttempts;
}

async function openDoors(parts: Parts): Promise<App> {
  const { config, log, metrics, adapters, readiness, live, attempts } = parts;
  const { ports, commands, registry, limits } = adapters;
  const run = createEngine({ adapters, metrics, log });
  const app = createApp({
    version,
    fleet: registry.fleet,
    log,
    ports,
    commands,
    run,
    readiness: readiness.current,
    live,
    tickets: adapters.database.liveTickets,
    ...openOwnPages(config, adapters, problemLog(log)),
    metrics,
    attempts,
    logs: {
      requests: config.ROLLCALL_LOG_REQUESTS,
      access: config.ROLLCALL_LOG_ACCESS,
      routes: config.ROLLCALL_LOG_ROUTES,
    },
    runbookDir: config.ROLLCALL_RUNBOOK_DIR ?? OWN_RUNBOOKS,
    corsOrigins: config.ROLLCALL_CORS_ORIGINS,
    failedAttempts: limits.failedAttempts,
    takesDelivery: createDeliveryRate(limits.table.webhook, ports.clock),
    ...openGrafana(config, { log, clock: ports.clock }),
    webhookToken: config.ALERTMANAGER_WEBHOOK_TOKEN,
    metricsToken: config.ROLLCALL_METRICS_TOKEN ?? null,
  });
  await openSlackDoor(app, parts, run);
  return app;
}

async function openSlackDoor(app: App, parts: Parts, run: AppDeps["run"]): Promise<void> {
  const { config, log, metrics, adapters, sockets, attempts } = parts;
  await registerSlackDoor(app as unknown as FastifyInstance, {
    settings: slackSettings(config),
    ports: adapters.ports,
    commands: adapters.commands,
    publications: adapters.database.publications,
    run: (request) => {
      const { person, id, slackUser } = request.actor;
      if (person) attempts.admitted({ actor: id, door: "slack", identity: `slack:${slackUser}` });
      return run(request);
    },
    log: log.child({ door: "slack" }),
    onRefusedRequest: (why) => {
      metrics.slack.refused(why);
      attempts.refused({ event: "signature", door: "slack", reason: refusalReason(why) });
    },
    ...(sockets === null ? {} : { onSockets: sockets.note }),
  });
}

const refusalReason = (why: string): RefusalReason => REFUSAL_REASONS.find((reason) => reason === why) ?? "signature";

async function stopAll(running: { app: App; background: Background; adapters: Adapters }): Promise<void> {
  const { app, background, adapters } = running;
  const closing = app.close();
  const late = setTimeout(() => app.server.closeAllConnections(), CLOSE_WITHIN_MS);
  await Promise.all([closing, background.stop()]);
  clearTimeout(late);
  await adapters.close();
}
