import { Failure } from "@rollcall/core/domain/failure.ts";
import type { AlertNotification, Incidents } from "@rollcall/core/ports/incidents.ts";
import { inSpan } from "@rollcall/core/protocol/span.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App, AppDeps } from "../http/deps.ts";
import { answerError } from "../http/errors.ts";
import { withinTime } from "../schedule/within-time.ts";
import { readDelivery, webhookPayload } from "./webhook-schema.ts";

type WebhookDeps = Pick<AppDeps, "webhookToken" | "metrics" | "attempts" | "failedAttempts" | "takesDelivery"> & {
  readonly ports: { readonly incidents: Pick<Incidents, "record">; readonly clock: AppDeps["ports"]["clock"] };
};

/** Alertmanager repeats a 5xx at once, and anything else only at the next group_interval: so we answer within its patience. */
const STORE_TIMEOUT_MS = 1_800;
/** 10,000 alerts in one delivery are about 8 MB. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/** Takes Alertmanager's deliveries: stored first, then 200; 503 if it cannot be stored; nothing runs for a wrong token. */
export function registerAlertmanagerWebhook(app: App, deps: WebhookDeps): void {
  void app.register(async (scope) => {
    scope.addHook("onRequest", async (request) => {
      const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
      if (deps.webhookToken.matches(sent)) return refuseFlood(deps);
      deps.metrics.alerts.delivered("unauthenticated");
      const reason = sent === "" ? "no-credential" : "unknown-credential";
      deps.attempts.refused({ event: "signature", door: "alertmanager", reason, identity: `address:${request.ip}` });
      request.log.warn("webhook delivery without the right token");
      throw new Failure("unauthenticated", "the webhook needs its token");
    });
    scope.setErrorHandler(async (error, request, reply) =>
      isAnonymous(error)
        ? answerError((await deps.failedAttempts?.judge(error, request)) ?? error, request, reply)
        : answerFault({ error, request, reply, deps }),
    );
    scope.post(
      "/webhooks/alertmanager",
      { bodyLimit: BODY_LIMIT_BYTES, schema: { hide: true } },
      async (request, reply) => {
        await take(request, deps);
        return reply.code(200).serializer(JSON.stringify).send({ status: "stored" });
      },
    );
  });
}

/** 503, because Alertmanager sends that again, and nothing else. */
function refuseFlood({ takesDelivery, metrics }: WebhookDeps): void {
  if (takesDelivery?.() !== false) return;
  metrics.limits.refused({ limit: "webhook", door: "alertmanager" });
  throw new Failure("unavailable", "there are too many deliveries at once");
}

async function take(request: FastifyRequest, { ports, metrics }: WebhookDeps): Promise<void> {
  const payload = webhookPayload.safeParse(request.body);
  if (!payload.success) {
    const [issue] = payload.error.issues;
    const place = issue?.path.join(".") || "body";
    throw new Failure(
      "invalid_input",
      `not a delivery of Alertmanager's webhook version 4: ${place}: ${issue?.message}`,
    );
  }
  const { notification, watchdog } = readDelivery(payload.data);
  if (watchdog) metrics.alerts.watchdogSeen(ports.clock.now());
  if (payload.data.truncatedAlerts > 0) {
    request.log.warn({ truncated: payload.data.truncatedAlerts }, "alertmanager left alerts out of its delivery");
  }
  if (notification === null) {
    metrics.alerts.delivered("watchdog");
    return;
  }
  const incident = await inSpan("record incident", { attributes: attributesOf(notification) }, async (span) => {
    const recorded = await withinTime(ports.incidents.record(notification), STORE_TIMEOUT_MS);
    span.set({ "rollcall.incident.id": recorded.id });
    return recorded;
  });
  metrics.alerts.delivered("stored");
  const { status, alerts } = notification;
  request.log.info({ incident: incident.id, status, alerts: alerts.length }, "alerts stored");
}

const attributesOf = ({ status, alerts }: AlertNotification) => ({
  "rollcall.alert.name": alerts[0]?.alertname ?? "none",
  "rollcall.alert.status": status,
  "rollcall.alert.count": alerts.length,
});

const isAnonymous = (error: unknown): boolean => error instanceof Failure && error.code === "unauthenticated";

/** Whatever is our own fault is 503, so that Alertmanager sends it again at once; never a 4xx, 429 or 500 for it. */
function answerFault(fault: {
  error: unknown;
  request: FastifyRequest;
  reply: FastifyReply;
  deps: WebhookDeps;
}): FastifyReply {
  const { error, request, reply, deps } = fault;
  if (isClientsFault(error)) {
    deps.metrics.alerts.delivered("malformed");
    request.log.error({ err: error }, "webhook delivery with the right token is malformed");
    return answerError(error, request, reply);
  }
  deps.metrics.alerts.delivered("unavailable");
  return answerError(new Failure("unavailable", "the alerts could not be stored", { cause: error }), request, reply);
}

function isClientsFault(error: unknown): boolean {
  if (error instanceof Failure) return error.code === "invalid_input" && error.message.startsWith("not a delivery");
  const status = (error as { statusCode?: number } | null)?.statusCode;
  return status !== undefined && status >= 400 && status < 500;
}
