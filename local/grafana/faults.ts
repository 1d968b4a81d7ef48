import { setTimeout as wait } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import { z } from "zod";

/** What can happen to the signing keys on their way. */
export const FaultInput = z.strictObject({
  /** `redirect` points to `to`, `huge` never ends, `answer` is any status and text. */
  kind: z.enum(["answer", "slow", "hang", "reset", "redirect", "huge"]),
  count: z.int().min(1).default(1),
  status: z.int().min(200).max(599).default(503),
  body: z.string().max(1_000_000).default("<html>an answer that is no JSON</html>"),
  to: z.url().optional(),
  delay_ms: z.int().min(1).max(120_000).default(30_000),
});
export type Fault = z.output<typeof FaultInput>;

/** Faults in the order they were set; each strikes `count` times. */
export class Faults {
  #waiting: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.count });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Strikes, or sends the honest answer. */
  async answer(reply: FastifyReply, honest: unknown): Promise<unknown> {
    const entry = this.#waiting.find(({ left }) => left > 0);
    if (entry === undefined) return reply.send(honest);
    entry.left -= 1;
    return strike(reply, entry.fault, honest);
  }
}

async function strike(reply: FastifyReply, fault: Fault, honest: unknown): Promise<unknown> {
  switch (fault.kind) {
    case "slow":
      await wait(fault.delay_ms, undefined, { ref: false });
      return reply.send(honest);
    case "answer":
      return reply.code(fault.status).type("application/json; charset=utf-8").send(Buffer.from(fault.body));
    case "redirect":
      return reply.redirect(fault.to ?? "http://127.0.0.1:9/", 302);
    case "huge":
      return sendWithoutEnd(reply);
    default:
      reply.hijack();
      if (fault.kind === "reset") reply.raw.socket?.resetAndDestroy();
      return reply;
  }
}

const CHUNK = Buffer.from(`${" ".repeat(16 * 1024)}`);

function sendWithoutEnd(reply: FastifyReply): FastifyReply {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { "content-type": "application/json; charset=utf-8" });
  const more = (): void => {
    while (!raw.destroyed && raw.write(CHUNK));
  };
  raw.on("drain", more);
  more();
  return reply;
}
