import { z } from "zod";
import type { ReadContext } from "./command.ts";
import type { ApprovalRequest } from "./domain/approval.ts";
import { Failure } from "./domain/failure.ts";
import { listed } from "./fleet-words.ts";

/** The id of a request as a field of a command's input. */
export const requestId = z
  .string()
  .regex(/^req-[1-9]\d{0,14}$/, "the id of a request, like req-31")
  .describe("Request, like req-31");

/** @throws Failure "not_found" with what waits, "unavailable" */
export async function findRequest(id: string, { ports }: Pick<ReadContext, "ports">): Promise<ApprovalRequest> {
  const request = await ports.requests.find(id);
  if (request !== null) return request;
  const waiting = (await ports.requests.list({ waiting: true, limit: 10 })).map((one) => one.id);
  const hint = waiting.length === 0 ? "Nothing waits." : `Waiting: ${listed(waiting)}.`;
  throw new Failure("not_found", `There is no ${id}. ${hint} Nothing was done.`, { found: id, allowed: waiting });
}
