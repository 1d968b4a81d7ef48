import { loggerIn } from "@rollcall/core/adapters/log-lines.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { fastify, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import { registerAlertmanagerWebhook } from "../alerts/webhook.ts";
import { registerOwnPages } from "../page/pages.ts";
import { registerApi } from "./api.ts";
import { refuseDeepBody } from "./body-depth.ts";
import type { App, AppDeps } from "./deps.ts";
import { answerError } from "./errors.ts";
import { registerHealth } from "./health.ts";
import { registerMetrics } from "./metrics.ts";
import { registerDocs } from "./openapi.ts";
import { registerPages } from "./pages.ts";
import { parseQuery, refuseOddQuery } from "./query.ts";
import { endRefusedUpgrades } from "./refused-upgrade.ts";
import { contextOf, followRequests } from "./request-context.ts";
import { requestIdOf } from "./request-id.ts";
import { observeRequests } from "./request-log.ts";
import { setSecurityHeaders } from "./security-headers.ts";

const BODY_LIMIT_BYTES = 256 * 1024;

/**
 * The control service's HTTP server with everything but the Slack door; not listening yet.
 * @returns a fastify instance; `inject` for tests, `listen` for real
 */
export function createApp(deps: AppDeps): App {
  const app = fastify({
    loggerInstance: deps.log,
    // The mixin of our logger names the request, once.
    childLoggerFactory: (...[logger, bindings, , raw]) =>
      loggerIn(contextOf(raw, String(bindings.request_id)), logger as Logger),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: false,
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    // A body that trickles in, and a handler whose port does not keep its own time limit.
    requestTimeout: 20_000,
    handlerTimeout: deps.handlerTimeoutMs ?? 15_000,
    return503OnClosing: true,
    routerOptions: { querystringParser: parseQuery, maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      void reply.header("x-request-id", request.id);
      setSecurityHeaders(reply);
      void answerError(error, request, reply);
    },
  }).withTypeProvider<ZodTypeProvider>() as App;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser("text/plain");
  app.decorateRequest("caller", null);
  app.decorate("now", () => deps.ports.clock.now());
  followRequests(app);
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id);
    setSecurityHeaders(reply);
    refuseOddQuery(request.query);
  });
  app.addHook("preValidation", async (request) => refuseDeepBody(request.body));
  observeRequests(app, deps.metrics.http, deps.logs);
  endRefusedUpgrades(app);
  app.setErrorHandler(async (error, request, reply) =>
    answerError((await deps.failedAttempts?.judge(error, request)) ?? error, request, reply),
  );
  answerNotFound(app);
  registerDocs(app, deps);
  // Each in a plugin, so that it is loaded after the one that writes the OpenAPI document and listed there.
  void app.register(async (scope) => {
    registerHealth(scope as App, deps);
    registerMetrics(scope as App, deps);
  });
  registerApi(app, deps);
  registerPages(app, deps);
  const { pages, sessions } = deps;
  if (pages !== undefined && sessions !== undefined) registerOwnPages(app, { deps: pages, shared: deps, sessions });
  registerAlertmanagerWebhook(app, deps);
  return app;
}

function answerNotFound(app: App): void {
  app.setNotFoundHandler((request, reply) =>
    answerError(
      new Failure("not_found", `there is nothing at ${request.method} ${pathOf(request.url)}`, {
        next: "GET /api/v1/ lists what there is.",
      }),
      request,
      reply,
    ),
  );
}

/** The address without its query, which may hold what a client did not mean to show. */
const pathOf = (url: string): string => (url.split("?")[0] ?? "").slice(0, 200);
