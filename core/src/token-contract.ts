import { z } from "zod";
import { ROLES } from "./domain/actor.ts";
import { LONGEST_TOKEN_DAYS, TOKEN_SCOPES } from "./ports/api-tokens.ts";

/** What a token is for, in its owner's words. */
export const tokenName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[^\p{Cc}\p{Cf}]+$/u, "1 to 60 characters that can be seen");

/** Id of a token that was made here. */
export const tokenId = z.string().regex(/^tok-\d{1,15}$/, "tok- and a number");

/** Body of `POST /api/v1/tokens`. */
export const tokenRequest = z.strictObject({
  name: tokenName,
  scopes: z
    .array(z.enum(TOKEN_SCOPES))
    .min(1)
    .max(TOKEN_SCOPES.length)
    .default(["read"])
    .describe("read to look, act to change something"),
  days: z.int().min(1).max(LONGEST_TOKEN_DAYS).default(30).describe("how long it is good for"),
});

/** A token without its text. */
export const apiToken = z.object({
  id: z.string(),
  person: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(TOKEN_SCOPES)),
  madeAt: z.number().describe("ms since the epoch"),
  expiresAt: z.number(),
  lastUsedOn: z.string().nullable().describe("a day, or null: never"),
  revokedAt: z.number().nullable(),
  revokedBy: z.string().nullable(),
});

/** Answer of `GET /api/v1/tokens`. */
export const apiTokens = z.object({ tokens: z.array(apiToken) });

/** Answer of `POST /api/v1/tokens`. */
export const apiMadeToken = z.object({
  token: apiToken,
  text: z.string().describe("rc_…, shown this once: it is stored nowhere"),
});

/** Answer of `GET /api/v1/session`. */
export const apiSession = z.object({
  person: z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES).nullable(), source: z.string() }),
  formToken: z.string().describe("to be sent as x-rollcall-csrf with what changes something"),
  startedAt: z.number().describe("ms since the epoch"),
  endsAt: z.number().describe("ms since the epoch; sooner if it is not used for half an hour"),
});
