import { Failure } from "@rollcall/core/domain/failure.ts";
import type { FastifyRequest } from "fastify";
import { z } from "zod";

/** A route that takes no query. */
export const noQuery = z.strictObject({});

/** A whole number in a query: text in, number out, nothing else is taken for a number. */
export const wholeNumber = ({ least, most, usual }: { least: number; most: number; usual: number }) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from ${least} to ${most}`)
    .optional()
    .transform((text) => (text === undefined ? usual : Number(text)))
    .refine((value) => value >= least && value <= most, `a whole number from ${least} to ${most}`);

const TOKEN = /(^|\s)rc_[A-Za-z0-9_-]{20,}/;

const NEVER_A_KEY = new Set(["__proto__", "constructor", "prototype"]);

/** Parses a query without a prototype; a repeated key becomes a list, which `refuseOddQuery` refuses. */
export function parseQuery(text: string): Record<string, string | string[]> {
  const parsed: Record<string, string | string[]> = Object.create(null);
  for (const [key, value] of new URLSearchParams(text)) {
    const before = parsed[key];
    parsed[key] = before === undefined ? value : [before, value].flat();
  }
  return parsed;
}

/** @throws Failure "invalid_input" for a repeated key, a key that would change an object's nature, and a token */
export function refuseOddQuery(query: FastifyRequest["query"]): void {
  for (const [key, value] of Object.entries(query as Record<string, unknown>)) {
    if (Array.isArray(value)) {
      throw new Failure("invalid_input", `${key} stands ${value.length} times in the address`, {
        found: value.join(", ").slice(0, 200),
        next: "Send each key once.",
      });
    }
    if (TOKEN.test(String(value))) {
      // It is not shown again: addresses are kept by every proxy and browser on the way.
      throw new Failure("invalid_input", "a token stands in the address", {
        found: key.slice(0, 60),
        next: "Take the token back, others may have seen it; send a new one in the header Authorization.",
      });
    }
    if (NEVER_A_KEY.has(key)) throw new Failure("invalid_input", `${key} may not be a key`, { found: key });
  }
}
