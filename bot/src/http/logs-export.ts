import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { auditEntry } from "@rollcall/core/domain/audit.ts";
import { exportLogLines, LOG_FILE_FORMATS, type LogFileFormat } from "@rollcall/core/log-file.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { callerOf } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { boundedTime, conditionsQuery, filterOf, timeQuery, USUAL_RANGE } from "./log-query.ts";
import { logsFor } from "./logs.ts";

const CONTENT_TYPES: Readonly<Record<LogFileFormat, string>> = {
  text: "text/plain; charset=utf-8",
  jsonl: "application/jsonl; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
};
const ENDINGS: Readonly<Record<LogFileFormat, string>> = { text: "log", jsonl: "jsonl", csv: "csv" };

const querystring = z.strictObject({
  ...{ ...conditionsQuery, ...timeQuery },
  format: z
    .enum(LOG_FILE_FORMATS)
    .default("text")
    .describe("text for people, jsonl for programs, csv for spreadsheets"),
});

/** A busy month over a slow line; a page is read within three seconds, or the stream breaks off. */
const EXPORT_WITHIN_MS = 600_000;

/** Lines as a file; who fetches it is written down. */
export function registerLogExport(api: App, { ports }: AppDeps): void {
  const schema = {
    ...{ tags: ["logs"], summary: "All lines of a time as a file, oldest first, 31 days at most; itself written down" },
    ...{ querystring, produces: Object.values(CONTENT_TYPES), response: { 200: z.string() } },
  };
  api.get("/logs/export", { schema, handlerTimeout: EXPORT_WITHIN_MS }, async (request, reply) => {
    const logs = logsFor(request, ports);
    const { format, ...asked } = request.query;
    const time = boundedTime(asked, ports.clock.now(), USUAL_RANGE);
    const pieces = exportLogLines(logs, { ...(await filterOf(asked, ports)), ...time }, format);
    // What cannot be searched for is refused in the usual words, before an answer has begun.
    const first = await pieces.next();
    // Before anything leaves.
    await ports.audit.append(exportEntry(request, { format, ...asked, ...time }));
    void reply
      .type(CONTENT_TYPES[format])
      .header("content-disposition", `attachment; filename="logs.${ENDINGS[format]}"`)
      .header("vary", "accept-encoding");
    const file = Readable.from(joined(first, pieces), { objectMode: false });
    if (!takesGzip(request)) return reply.send(file as unknown as string);
    void reply.header("content-encoding", "gzip");
    // A client that goes away ends the reading too; an error has nobody left to be told to.
    return reply.send(pipeline(file, createGzip(), () => undefined) as unknown as string);
  });
}

async function* joined(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 */
function takesGzip(request: FastifyRequest): boolean {
  const header = String(request.headers["accept-encoding"] ?? "");
  return header.split(",").some((one) => /^\s*(x-)?gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(one));
}

function exportEntry(request: FastifyRequest, detail: Readonly<Record<string, unknown>>) {
  const { actor, identity, door } = callerOf(request);
  return auditEntry({
    ...{ event: "export", actor: actor.id, identity, door, command: "logs", action: "fetched" },
    ...{ decision: "allowed", rule: "role-viewer", requestId: request.id, detail },
  });
}
