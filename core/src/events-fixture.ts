import type { EventBus } from "./ports/event-bus.ts";

/** A bus on which nothing was ever published. */
export const quietEvents = (now: () => number): EventBus => ({
  read: async (topics) => ({
    now: now(),
    topics: topics.map((topic) => ({
      ...{ topic, entries: 0, added: 0, lastAt: null, perSecond: 0, deadLetters: 0, groups: [] },
    })),
  }),
  readSubscriptions: async (topics) => ({
    now: now(),
    topics: topics.map((topic) => ({ topic, entries: 0, groups: [] })),
  }),
  trim: async () => undefined,
  mendReadCounts: async () => 0,
  publishProbe: async () => `${now()}-0`,
  readEvents: async () => [],
  readTaken: async () => new Set(),
  readDeadLetters: async () => ({ letters: [], total: 0 }),
  replay: async () => ({ kind: "gone" }),
  readComeback: async () => null,
  discard: async () => 0,
  dropLetters: async () => ({ byAge: 0, byNumber: 0 }),
});
