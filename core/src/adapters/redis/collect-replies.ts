import type { Redis } from "ioredis";
import type { FleetBus } from "../../ports/fleet.ts";
import type { ControlReply } from "../../protocol.ts";
import { type OpenQuestions, openReply } from "./sealed-replies.ts";

// Below the 3 s in which every command must answer.
const BLOCK_MS = 2000;

export type CollectRequest = Parameters<FleetBus["collectReplies"]>[0];

interface Trust {
  readonly questions: OpenQuestions;
  readonly keyOf: (agent: string) => string;
}

type Entry = [id: string, fields: string[]];
type StreamReply = [stream: string, entries: Entry[]][];

/**
 * Reads a stream of answers until enough have come or the time is over.
 * @param reader a connection that nobody else uses meanwhile: it blocks
 */
export async function collectReplies(reader: Redis, request: CollectRequest, trust: Trust): Promise<ControlReply[]> {
  const replies = new Map<string, ControlReply>();
  const deadline = performance.now() + request.timeoutMs;
  const place = request.place ?? { last: "0-0" };
  while (replies.size < request.expected && !request.isEnough?.()) {
    const leftMs = Math.ceil(deadline - performance.now());
    if (leftMs <= 0) break;
    const block = Math.min(leftMs, BLOCK_MS);
    const found = (await reader.xread("BLOCK", block, "STREAMS", request.replyTo, place.last)) as StreamReply | null;
    const entries = found?.[0]?.[1] ?? [];
    place.last = entries.at(-1)?.[0] ?? place.last;
    for (const reply of genuine(request.replyTo, entries, trust)) {
      const key = `${reply.agent} ${reply.id}`;
      if (replies.has(key)) continue;
      replies.set(key, reply);
      request.onReply?.(reply);
    }
  }
  return [...replies.values()];
}

const genuine = (stream: string, entries: readonly Entry[], { keyOf, questions }: Trust): ControlReply[] =>
  entries
    .map(([, fields]) => openReply(fields, keyOf))
    .filter((reply) => reply !== null)
    .filter((reply) => questions.isAnswer(stream, reply));
