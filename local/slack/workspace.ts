import { randomBytes } from "node:crypto";
import { elementsOf } from "./block-kit.ts";
import type { Clock } from "./clock.ts";
import type { Channel, Draft, Json, Message, User } from "./records.ts";
import { sampleChannels, sampleUsers } from "./sample-workspace.ts";

/** What a file keeps of a workspace. */
export interface Snapshot {
  readonly version: 1;
  readonly messages: readonly Message[];
  readonly tried?: boolean;
}

// Enough for days of a demonstration; the oldest go first.
const KEPT_MESSAGES = 2_000;
const KEPT_EPHEMERALS = 500;
const KEPT_VERSIONS = 200;
const KEPT_VERSIONS_IN_FILE = 20;

/** Hears in which channel something changed, and the message if it is a new one. */
type Listener = (channel: string, posted: Message | null) => void;

/** Everything that stands in the workspace: people, channels, messages. */
export class Workspace {
  readonly #users: Map<string, User>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly #clock: Clock;
  readonly #listeners: Listener[] = [];
  #tried = false;
  #messages = new Map<string, Message>();
  #ephemerals: Message[] = [];
  #lastMicros = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    const users = sampleUsers();
    this.#users = new Map(users.map((user) => [user.id, user]));
    this.channels = new Map(sampleChannels(users).map((channel) => [channel.id, channel]));
  }

  get users(): ReadonlyMap<string, User> {
    return this.#users;
  }

  /** Somebody joins, or is known otherwise from now on; for drills with many people. */
  addUser(user: User): void {
    this.#users.set(user.id, user);
  }

  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  snapshot(): Snapshot {
    const messages = [...this.#messages.values()].map((message) => ({
      ...message,
      versions: message.versions.slice(-KEPT_VERSIONS_IN_FILE),
    }));
    return { version: 1, messages, tried: this.#tried };
  }

  restore({ messages, tried = false }: Snapshot): void {
    this.#tried = tried;
    this.#messages = new Map(messages.map((message) => [key(message.channel, message.ts), message]));
    for (const { ts } of messages) this.#lastMicros = Math.max(this.#lastMicros, Number(ts.replace(".", "")));
  }

  clear(): void {
    this.#messages.clear();
    this.#ephemerals = [];
    for (const channel of this.channels.keys()) this.#changed(channel);
  }

  /** Somebody has tried the first thing that the page proposes. */
  get tried(): boolean {
    return this.#tried;
  }

  noteTried(channel: string): void {
    if (this.#tried) return;
    this.#tried = true;
    this.#changed(channel);
  }

  post(draft: Draft): Message {
    const blocks = withIds(draft.blocks ?? []);
    const message: Message = {
      ts: this.nextTs(),
      channel: draft.channel,
      user: draft.user,
      text: draft.text,
      blocks,
      thread_ts: draft.thread_ts ?? null,
      metadata: draft.metadata ?? null,
      edited: null,
      reactions: [],
      files: draft.files ?? [],
      visible_to: draft.visible_to ?? null,
      versions: [{ at: this.#clock.wall(), text: draft.text, blocks }],
    };
    this.#keep(message);
    this.#changed(message.channel, message);
    return message;
  }

  /** Replaces what a message says, and its metadata if some is given. */
  edit(message: Message, to: { text: string; blocks: readonly Json[]; metadata?: Json | null; by: string }): Message {
    const blocks = withIds(to.blocks);
    const version = { at: this.#clock.wall(), text: to.text, blocks };
    const edited: Message = {
      ...message,
      text: to.text,
      blocks,
      metadata: to.metadata === undefined ? message.metadata : to.metadata,
      edited: { user: to.by, ts: this.nextTs() },
      versions: [...message.versions, version].slice(-KEPT_VERSIONS),
    };
    this.#keep(edited);
    this.#changed(edited.channel);
    return edited;
  }

  /** @returns false if the person has already reacted so */
  react(message: Message, name: string, user: string): boolean {
    const before = message.reactions.find((reaction) => reaction.name === name);
    if (before?.users.includes(user)) return false;
    const others = message.reactions.filter((reaction) => reaction.name !== name);
    this.#keep({ ...message, reactions: [...others, { name, users: [...(before?.users ?? []), user] }] });
    this.#changed(message.channel);
    return true;
  }

  remove(message: Message): void {
    this.#messages.delete(key(message.channel, message.ts));
    this.#ephemerals = this.#ephemerals.filter(({ ts }) => ts !== message.ts);
    this.#changed(message.channel);
  }

  find(channel: string, ts: string): Message | undefined {
    return this.#messages.get(key(channel, ts));
  }

  findEphemeral(channel: string, ts: string): Message | undefined {
    return this.#ephemerals.find((message) => message.channel === channel && message.ts === ts);
  }

  /** All lasting messages of a channel, thread replies among them, oldest first. */
  messages(channel: string): Message[] {
    // In the order of posting, which is the order of their times.
    return [...this.#messages.values()].filter((message) => message.channel === channel);
  }

  replies(channel: string, threadTs: string): Message[] {
    return this.messages(channel).filter(({ thread_ts }) => thread_ts === threadTs);
  }

  /** What only this person sees in a channel, oldest first. */
  ephemerals(channel: string, user: string): Message[] {
    return this.#ephemerals.filter((message) => message.channel === channel && message.visible_to === user);
  }

  directChannel(user: string): Channel | undefined {
    return [...this.channels.values()].find(({ kind, members }) => kind === "im" && members.has(user));
  }

  /** The time as Slack writes it, seconds with six digits, never the same twice. */
  nextTs(): string {
    this.#lastMicros = Math.max(this.#lastMicros + 1, this.#clock.wall() * 1000);
    const micros = Math.floor(this.#lastMicros);
    return `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, "0")}`;
  }

  #keep(message: Message): void {
    if (message.visible_to === null) {
      this.#messages.set(key(message.channel, message.ts), message);
      for (const oldest of this.#messages.keys()) {
        if (this.#messages.size <= KEPT_MESSAGES) break;
        this.#messages.delete(oldest);
      }
    } else {
      const at = this.#ephemerals.findIndex(({ ts }) => ts === message.ts);
      if (at >= 0) this.#ephemerals[at] = message;
      else this.#ephemerals = [...this.#ephemerals, message].slice(-KEPT_EPHEMERALS);
    }
  }

  #changed(channel: string, posted: Message | null = null): void {
    for (const listener of this.#listeners) listener(channel, posted);
  }
}

const key = (channel: string, ts: string): string => `${channel}/${ts}`;

const ACTING = new Set(["section", "actions", "input"]);

/** Slack gives blocks and acting elements an id where the app gave none. */
export function withIds(blocks: readonly Json[]): Json[] {
  return blocks.map((block) => {
    const copy: Json = structuredClone(block);
    copy.block_id ??= randomBytes(4).toString("base64url").slice(0, 5);
    if (!ACTING.has(String(copy.type))) return copy;
    for (const [path, element] of elementsOf(copy)) {
      if (path.length > 0 && element.type !== "image")
        element.action_id ??= randomBytes(4).toString("base64url").slice(0, 5);
    }
    return copy;
  });
}
