import { randomBytes } from "node:crypto";
import type { LIVE_GAPS, LiveEvent, LiveTopic } from "@rollcall/core/live-contract.ts";

/** An event without its id, which it gets when it is kept. */
export type Draft = LiveEvent extends infer Event ? (Event extends LiveEvent ? Omit<Event, "id"> : never) : never;

/** An event as it is sent: made into text once, however many clients there are. */
interface KeptEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: LiveEvent["type"];
  readonly topics: readonly LiveTopic[];
  readonly json: string;
}

/** Where a client goes on, and whether something is missing before that. */
interface Resume {
  readonly cursor: number;
  readonly gap: (typeof LIVE_GAPS)[number] | null;
  readonly missed: number | null;
}

export interface Ring {
  /** Number of the newest event; 0 before the first. */
  head(): number;
  keep(draft: Draft): KeptEvent;
  /** The event after the cursor; null if there is none yet, "gone" if it is not kept any more. */
  after(cursor: number): KeptEvent | null | "gone";
  /** Number before the oldest kept event. */
  floor(): number;
  idOf(seq: number): string;
  resume(id: string | null): Resume;
}

/** The last events, so many and so large at most; ids of another process are told apart. */
export function createRing({ events: most, bytes: mostBytes }: { events: number; bytes: number }): Ring {
  const epoch = randomBytes(6).toString("hex");
  const kept: KeptEvent[] = [];
  let head = 0;
  let bytes = 0;
  const idOf = (seq: number): string => `${epoch}-${seq}`;
  const floor = (): number => (kept[0]?.seq ?? head + 1) - 1;
  return {
    head: () => head,
    floor,
    idOf,
    keep(draft) {
      head++;
      const id = idOf(head);
      const topics = "topics" in draft ? draft.topics : "topic" in draft ? [draft.topic] : [];
      const event = { seq: head, id, type: draft.type, topics, json: JSON.stringify({ ...draft, id }) };
      kept.push(event);
      bytes += event.json.length;
      while (kept.length > most || (bytes > mostBytes && kept.length > 1)) bytes -= kept.shift()?.json.length ?? 0;
      return event;
    },
    after(cursor) {
      if (cursor >= head) return null;
      return cursor < floor() ? "gone" : (kept[cursor - floor()] ?? null);
    },
    resume(id) {
      if (id === null) return { cursor: head, gap: null, missed: null };
      const [, ofEpoch, number] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(id) ?? [];
      const seq = Number(number);
      if (ofEpoch === undefined) return { cursor: head, gap: "unknown-id", missed: null };
      if (ofEpoch !== epoch) return { cursor: head, gap: "restarted", missed: null };
      if (seq > head) return { cursor: head, gap: "unknown-id", missed: null };
      if (seq < floor()) return { cursor: floor(), gap: "too-old", missed: floor() - seq };
      return { cursor: seq, gap: null, missed: null };
    },
  };
}
