import { apiRequest, apiRequestAnswer, apiRequests } from "@rollcall/core/approval-contract.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import { requestId } from "@rollcall/core/request-input.ts";
import { z } from "zod";
import { callerOf, requireRole, requireScope } from "./authentication.ts";
import type { App, AppDeps } from "./deps.ts";
import { noQuery, wholeNumber } from "./query.ts";

const querystring = z.strictObject({
  waiting: z.literal("true").optional().describe("only those that can still be approved"),
  before: requestId.optional().describe("only those that are older: `next` of the page before"),
  limit: wholeNumber({ least: 1, most: 200, usual: 50 }),
});
const params = z.strictObject({ id: requestId });

/** What waits for a second person, and what became of it. Approving is a command, at a door where a person is present. */
export function registerRequests(api: App, { ports }: AppDeps): void {
  const list = {
    tags: ["requests"],
    summary: "Requests for a second person, newest first",
    querystring,
    response: { 200: apiRequests },
  };
  api.get("/requests", { schema: list }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const { waiting, before, limit } = request.query;
    // One more than asked for tells whether there is another page.
    const found = await ports.requests.list({
      limit: limit + 1,
      ...(waiting === "true" ? { waiting: true } : {}),
      ...(before === undefined ? {} : { before }),
    });
    const page = found.slice(0, limit);
    const next = found.length > limit ? (page.at(-1)?.id ?? null) : null;
    return { asOf: ports.clock.now(), requests: page.map((one) => apiRequest.parse(one)), next };
  });

  const one = {
    tags: ["requests"],
    summary: "One request for a second person",
    params,
    querystring: noQuery,
    response: { 200: apiRequestAnswer },
  };
  api.get("/requests/:id", { schema: one }, async (request) => {
    const caller = callerOf(request);
    requireScope(caller, "read");
    requireRole(caller, "viewer");
    const found = await ports.requests.find(request.params.id);
    if (found === null) throw new Failure("not_found", `there is no request ${request.params.id}`);
    return { request: apiRequest.parse(found) };
  });
}
