import type { FastifyInstance } from "fastify";
import { signedIn } from "./session.ts";

/** The one data source; its name is its uid. */
const UID = "prometheus";
const PREFIX = `/api/datasources/proxy/uid/${UID}/`;
/** What panels and variables ask; nothing else of Prometheus is reached through Grafana. */
const ASKED = /^api\/v1\/(query|query_range|series|labels|label\/[a-zA-Z_]\w*\/values)$/;
const ANSWER_MS = 15_000;

/**
 * The way from a board to Prometheus: `/api/datasources/proxy/uid/prometheus/api/v1/query_range?…`.
 * @param prometheus `http://127.0.0.1:9090`; null: there is none
 */
export function addDataSource(app: FastifyInstance, prometheus: string | null): void {
  app.get<{ Params: { "*": string } }>(`${PREFIX}*`, async (request, reply) => {
    if (signedIn(request) === null) return reply.code(401).send({ message: "Unauthorized" });
    const path = request.params["*"];
    if (!ASKED.test(path)) return reply.code(404).send({ message: "no such query of the data source" });
    if (prometheus === null) return reply.code(502).send({ message: "no Prometheus was named" });
    const [, query = ""] = request.url.split(/\?(.*)/s);
    try {
      const answer = await fetch(`${prometheus}/${path}?${query}`, { signal: AbortSignal.timeout(ANSWER_MS) });
      return reply
        .code(answer.status)
        .type("application/json")
        .send(Buffer.from(await answer.arrayBuffer()));
    } catch (error) {
      request.log.info({ error }, "Prometheus did not answer");
      return reply.code(502).send({ message: "Prometheus does not answer" });
    }
  });
}
