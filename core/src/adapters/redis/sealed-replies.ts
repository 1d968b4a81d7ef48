import { openSeal } from "../../protocol/seal.ts";
import { type ControlMessage, type ControlReply, controlReply } from "../../protocol.ts";

/** How long an answer is still accepted after its question was sent; the stream lives as long. */
export const REPLY_LIFETIME_SECONDS = 600;

interface Question {
  readonly nonce: string | null;
  readonly until: number;
}

/** Remembers what was asked on which stream, so that only the agent that was asked can answer, once, with its nonce. */
export class OpenQuestions {
  readonly #byStream = new Map<string, Map<string, Question>>();

  /** @param now on the monotonic clock, ms: a wall clock that jumps would forget what is still to be answered */
  add(agent: string, message: Pick<ControlMessage, "id" | "replyTo" | "args">, now: number): void {
    if (message.replyTo === null) return;
    const questions = this.#byStream.get(message.replyTo) ?? new Map<string, Question>();
    questions.set(questionKey(agent, message.id), {
      nonce: message.args.nonce ?? null,
      until: now + REPLY_LIFETIME_SECONDS * 1000,
    });
    this.#byStream.set(message.replyTo, questions);
  }

  /** Forgets streams that nobody can answer on any more. */
  sweep(now: number): void {
    for (const [stream, questions] of this.#byStream) {
      if ([...questions.values()].every((question) => question.until < now)) this.#byStream.delete(stream);
    }
  }

  /** Whether somebody was asked exactly this. */
  isAnswer(stream: string, reply: ControlReply): boolean {
    const question = this.#byStream.get(stream)?.get(questionKey(reply.agent, reply.id));
    return question !== undefined && (question.nonce === null || question.nonce === reply.nonce);
  }
}

const questionKey = (agent: string, id: string): string => `${agent} ${id}`;

/**
 * The reply in an entry of a reply stream.
 * @param keyOf signing key of an agent
 * @returns null if it is not sealed by the agent that it names, or has another form
 */
export function openReply(fields: readonly string[], keyOf: (agent: string) => string): ControlReply | null {
  const agent = fieldOf(fields, "agent");
  const sealed = fieldOf(fields, "m");
  if (agent === null || sealed === null) return null;
  const json = openSeal(keyOf(agent), sealed);
  if (json === null) return null;
  const parsed = controlReply.safeParse(parseJson(json));
  return parsed.success && parsed.data.agent === agent ? parsed.data : null;
}

function fieldOf(fields: readonly string[], name: string): string | null {
  for (let index = 0; index < fields.length; index += 2) {
    if (fields[index] === name) return fields[index + 1] ?? null;
  }
  return null;
}

/** @returns undefined if it is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
