import type { FastifyRequest } from "fastify";
import type { z } from "zod";

/** Input that a control route cannot take; answered with 400. */
export class InvalidInput extends Error {
  readonly statusCode = 400;
}

/** The JSON body of a control request. @throws InvalidInput that names every fault */
export function readBody<Shape extends z.ZodType>({ body }: FastifyRequest, shape: Shape): z.output<Shape> {
  return check(parse(Buffer.isBuffer(body) ? body.toString("utf8") : "{}"), shape);
}

/** The query of a control request. @throws InvalidInput */
export function readQuery<Shape extends z.ZodType>({ query }: FastifyRequest, shape: Shape): z.output<Shape> {
  return check(query, shape);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInput("the body is no JSON");
  }
}

function check<Shape extends z.ZodType>(value: unknown, shape: Shape): z.output<Shape> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(
    parsed.error.issues.map(({ path, message }) => `${path.join(".") || "input"}: ${message}`).join("; "),
  );
}
