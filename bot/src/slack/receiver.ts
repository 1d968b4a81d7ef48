import type { IncomingMessage } from "node:http";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { RotatingSecret } from "@rollcall/core/secrets/rotating-secret.ts";
import type { Secret } from "@rollcall/core/secrets/secret.ts";
import {
  type App,
  type BufferedIncomingMessage,
  HTTPModuleFunctions,
  HTTPResponseAck,
  type Logger,
  type Receiver,
} from "@slack/bolt";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

export interface ReceiverOptions {
  readonly signingSecret: RotatingSecret;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onRefused: (why: RefusedWhy) => void;
}

/** Why a request was not let in: `signature`, `stale`, `future` (each `unauthenticated`), `body` (400). */
type RefusedWhy = "signature" | "stale" | "future" | "body";

const PATH = "/slack/events";
/** Slack's own requests are a few kilobytes; the largest are messages with 50 blocks. */
const BODY_LIMIT = 1024 * 1024;
// Bolt refuses what is older than 5 minutes, but lets in any future: a request signed for tomorrow could be replayed till then.
const STALE_SECONDS = 300;
const FUTURE_SECONDS = 60;

/** Bolt's receiver inside fastify: what the raw bytes say is verified before anything reads them. */
export class FastifyReceiver implements Receiver {
  readonly #options: ReceiverOptions;
  #app: App | null = null;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  init(app: App): void {
    this.#app = app;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  /** Adds the route to a scope of its own: the parsers of other routes stay as they are. */
  async register(app: FastifyInstance): Promise<void> {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      const types = ["application/x-www-form-urlencoded", "application/json"];
      scope.addContentTypeParser(types, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      scope.post(PATH, { bodyLimit: BODY_LIMIT }, async (request, reply) => await this.#receive(request, reply));
    });
  }

  async #receive(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const verified = await this.#verify(request);
    if (typeof verified === "string") {
      this.#options.onRefused(verified);
      // The app answers it as it answers everybody without credentials: 401, and 429 when there are too many.
      throw new Failure("unauthenticated", "this is no request that Slack has signed just now");
    }
    const body = readBody(verified);
    if (body === null) {
      this.#options.onRefused("body");
      return await reply.code(400).send({ error: "the body is not what Slack sends" });
    }
    if (body.ssl_check !== undefined) return await reply.code(200).send();
    if (body.type === "url_verification") return await reply.code(200).send({ challenge: String(body.challenge) });
    // Bolt writes the answer to the raw response. Not awaited: the work goes on after the answer, longer than a handler may.
    reply.hijack();
    void this.#dispatch(request, reply, body);
    return undefined;
  }

  async #verify(request: FastifyRequest): Promise<BufferedIncomingMessage | "signature" | "stale" | "future"> {
    const raw: IncomingMessage & { rawBody?: Buffer } = request.raw;
    raw.rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const { signingSecret, clock } = this.#options;
    for (const secret of signingSecret.accepted(clock.now())) {
      const verified = await this.#verifyWith(secret, raw);
      if (verified === null) continue;
      const isSslCheck = verified.rawBody.toString() === "ssl_check=1";
      const mistimed = isSslCheck ? null : this.#mistimed(request);
      if (mistimed === null) signingSecret.used(secret);
      return mistimed ?? verified;
    }
    return this.#mistimed(request) ?? "signature";
  }

  async #verifyWith(secret: Secret, raw: IncomingMessage): Promise<BufferedIncomingMessage | null> {
    const { logger } = this.#options;
    try {
      return await HTTPModuleFunctions.parseAndVerifyHTTPRequest({ signingSecret: secret.reveal(), logger }, raw);
    } catch {
      return null;
    }
  }

  #mistimed({ headers }: FastifyRequest): "signature" | "stale" | "future" | null {
    const sent = headers["x-slack-request-timestamp"];
    if (typeof sent !== "string" || !/^\d{1,12}$/.test(sent)) return "signature";
    const ahead = Number(sent) - this.#options.clock.now() / 1000;
    if (ahead > FUTURE_SECONDS) return "future";
    return ahead < -STALE_SECONDS ? "stale" : null;
  }

  async #dispatch(request: FastifyRequest, reply: FastifyReply, body: Record<string, unknown>): Promise<void> {
    const ack = new HTTPResponseAck({
      logger: this.#options.logger,
      processBeforeResponse: false,
      httpRequest: request.raw,
      httpRequestBody: body,
      httpResponse: reply.raw,
    });
    const retryNum = HTTPModuleFunctions.extractRetryNumFromHTTPRequest(request.raw);
    const retryReason = HTTPModuleFunctions.extractRetryReasonFromHTTPRequest(request.raw);
    try {
      if (this.#app === null) throw new Error("the receiver was not given to a Bolt app");
      await this.#app.processEvent({
        body,
        ack: ack.bind(),
        ...(retryNum === undefined ? {} : { retryNum }),
        ...(retryReason === undefined ? {} : { retryReason }),
        customProperties: { requestId: request.id },
      });
    } catch (error) {
      this.#options.logger.error("an event could not be handled", error);
      if (!reply.raw.headersSent) HTTPModuleFunctions.buildNoBodyResponse(reply.raw, 500);
    }
  }
}

function readBody(request: BufferedIncomingMessage): Record<string, unknown> | null {
  try {
    const body: unknown = HTTPModuleFunctions.parseHTTPRequestBody(request);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body } : null;
  } catch {
    return null;
  }
}
