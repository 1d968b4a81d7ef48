import { setTimeout as wait } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import type { Guarded } from "./directory-api.ts";
import type { Fault, Faults, OperationName } from "./faults.ts";
import { errorOf, GoogleError, OauthError } from "./google-error.ts";

/** How often each operation was called; for tests that count what a client asks. */
export type Calls = Map<OperationName, number>;

/** Makes routes that a fault may strike, whose errors are Google's, and that are counted. */
export function guardRoutes(faults: Faults, calls: Calls): Guarded {
  return ({ app, method, path }, operation, answer) => {
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        calls.set(operation, (calls.get(operation) ?? 0) + 1);
        const fault = faults.take(operation);
        if (fault === null) return answer(request);
        if (fault.kind !== "slow") return strike(reply, fault);
        await wait(fault.delay_ms, undefined, { ref: false });
        return answer(request);
      },
    });
  };
}

/** Google's error in Google's shape; anything else goes on to the server's own handling. */
export function sendGoogleError(error: unknown, reply: FastifyReply): FastifyReply | null {
  if (!(error instanceof GoogleError || error instanceof OauthError)) return null;
  return reply.code(error.status).send(error.body);
}

function strike(reply: FastifyReply, fault: Fault): FastifyReply {
  if (fault.kind === "error") throw errorOf(fault.reason as Parameters<typeof errorOf>[0]);
  if (fault.kind === "answer")
    return reply.code(fault.status).type("application/json; charset=utf-8").send(Buffer.from(fault.body));
  reply.hijack();
  if (fault.kind === "reset") reply.raw.socket?.resetAndDestroy();
  if (fault.kind === "cut") {
    reply.raw.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": 1000 });
    reply.raw.write('{"kind":"admin#directory#members","members":[', () => reply.raw.socket?.destroy());
  }
  return reply;
}
