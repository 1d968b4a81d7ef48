import type { Clock } from "@rollcall/core/ports/clock.ts";

// Slack takes 50+ edits and about one post per second and channel; ours stay below (ux section 2, reference section 3.4).
const EDITS_A_MINUTE = 40;
const MESSAGE_MS = 2000;
const CHANNEL_MS = 1100;

/** Decides when a message may be written. Asked first, told afterwards; nothing waits in here. */
export interface Pacing {
  mayPost(channel: string): boolean;
  mayEdit(key: string): boolean;
  posted(key: string, channel: string): void;
  edited(key: string): void;
  /** Slack said how long to leave it in peace. */
  pauseFor(kind: "post" | "edit", seconds: number): void;
  /** A message that Slack does not take is left alone for a while. */
  restFor(key: string, seconds: number): void;
  mayTry(key: string): boolean;
}

export function createPacing(clock: Clock): Pacing {
  let edits: number[] = [];
  const lastByKey = new Map<string, number>();
  const lastByChannel = new Map<string, number>();
  const rests = new Map<string, number>();
  const pausedUntil = { post: 0, edit: 0 };
  return {
    mayPost(channel) {
      const now = clock.now();
      return now >= pausedUntil.post && now - (lastByChannel.get(channel) ?? 0) >= CHANNEL_MS;
    },
    mayEdit(key) {
      const now = clock.now();
      edits = edits.filter((at) => now - at < 60_000);
      return now >= pausedUntil.edit && edits.length < EDITS_A_MINUTE && now - (lastByKey.get(key) ?? 0) >= MESSAGE_MS;
    },
    posted(key, channel) {
      remember(lastByKey, key, clock.now());
      lastByChannel.set(channel, clock.now());
    },
    edited(key) {
      remember(lastByKey, key, clock.now());
      edits.push(clock.now());
    },
    pauseFor(kind, seconds) {
      pausedUntil[kind] = Math.max(pausedUntil[kind], clock.now() + seconds * 1000);
    },
    restFor(key, seconds) {
      remember(rests, key, clock.now() + seconds * 1000);
    },
    mayTry: (key) => clock.now() >= (rests.get(key) ?? 0),
  };
}

/** Keeps the newest thousand: older ones are long free again. */
function remember(times: Map<string, number>, key: string, at: number): void {
  times.delete(key);
  times.set(key, at);
  const [oldest] = times.keys();
  if (times.size > 1000 && oldest !== undefined) times.delete(oldest);
}
