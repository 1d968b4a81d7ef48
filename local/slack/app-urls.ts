import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseRecord } from "./acting.ts";
import type { Parts } from "./call.ts";
import { firstPart } from "./files.ts";
import type { ResponseUrls } from "./lifetimes.ts";
import { respond } from "./response-url.ts";
import type { Traffic } from "./traffic.ts";

export interface AppUrlParts extends Parts {
  readonly responseUrls: ResponseUrls;
  readonly traffic: Traffic;
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Where an app answers later, uploads files, and where people fetch them. */
export function addAppUrls(app: FastifyInstance, parts: AppUrlParts): void {
  for (const kind of ["commands", "actions"]) {
    app.post<{ Params: { "*": string } }>(`/${kind}/T0LOCAL/*`, async (request, reply) => {
      const body = bodyOf(request).toString("utf8");
      const exchange = parts.traffic.begin({
        direction: "from-app",
        kind: "response_url",
        label: `answer to ${kind === "commands" ? "a command" : "a click"}`,
        user: null,
        request: { url: request.url, headers: { "content-type": request.headers["content-type"] ?? "" }, body },
      });
      const { status, text } = answerAt(request.params["*"], body, parts);
      parts.traffic.end(exchange, { outcome: status === 200 ? "answered" : "refused", status, ms: 0, answer: text });
      return reply
        .code(status)
        .type(status === 200 ? "text/plain" : "application/json")
        .send(text);
    });
  }

  app.post<{ Params: { secret: string } }>("/upload/v1/:secret", async (request, reply) => {
    const content = firstPart(request.headers["content-type"] ?? "", bodyOf(request));
    if (!parts.files.receive(request.params.secret, content))
      return reply.code(404).type("text/plain").send("not found");
    return reply.type("text/plain").send(`OK - ${content.length}`);
  });

  app.get<{ Params: { id: string } }>("/files/:id", async (request, reply) => {
    const file = parts.files.read(request.params.id);
    if (file === null) return reply.code(404).send({ code: "not_found", message: "this file is gone" });
    const isPicture = file.content.subarray(0, PNG.length).equals(PNG);
    return reply.type(isPicture ? "image/png" : "text/plain; charset=utf-8").send(file.content);
  });
}

function answerAt(token: string, body: string, parts: AppUrlParts): { status: number; text: string } {
  const target = parts.responseUrls.redeem(token);
  if ("error" in target) return { status: 404, text: JSON.stringify({ ok: false, error: target.error }) };
  const error = respond(parseRecord(body), target, parts);
  return error === null ? { status: 200, text: "ok" } : { status: 400, text: JSON.stringify({ ok: false, error }) };
}

const bodyOf = ({ body }: FastifyRequest): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));
