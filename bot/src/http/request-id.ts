import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { redact } from "@rollcall/core/secrets/redact.ts";

const WELL_FORMED = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/** The id that the client sent in `x-request-id` if it is well-formed (8 to 64 of A-Z a-z 0-9 . _ -) and no secret, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, "headers">): string {
  const sent = request.headers["x-request-id"];
  const isTaken = typeof sent === "string" && WELL_FORMED.test(sent) && redact(sent) === sent;
  return isTaken ? sent : `req-${randomUUID()}`;
}
