import { randomBytes } from "node:crypto";
import { APP_ID, BOT, isRecord, type Json, TEAM } from "./records.ts";
import { withIds } from "./workspace.ts";

// Slack: a modal holds at most three views on top of each other.
const DEPTH = 3;

export interface View {
  readonly id: string;
  readonly hash: string;
  readonly user: string;
  readonly root: string;
  readonly previous: string | null;
  readonly content: Json;
}

/** Modals and Home tabs; each person has one stack of modals and one Home tab. */
export class Views {
  readonly #stacks = new Map<string, View[]>();
  readonly #homes = new Map<string, View>();
  readonly #listeners: ((user: string) => void)[] = [];
  #count = 0;

  onChange(listener: (user: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The modals a person sees, the topmost last. */
  stack(user: string): readonly View[] {
    return this.#stacks.get(user) ?? [];
  }

  home(user: string): View | null {
    return this.#homes.get(user) ?? null;
  }

  open(user: string, content: Json): View {
    return this.#show(user, [], content);
  }

  /** @returns null if three views lie on top of each other already */
  push(user: string, content: Json): View | null {
    const below = this.stack(user);
    return below.length >= DEPTH ? null : this.#show(user, below, content);
  }

  publish(user: string, content: Json): View {
    const view = this.#make(user, null, content);
    this.#homes.set(user, view);
    this.#changed(user);
    return view;
  }

  find(id: string): View | undefined {
    return [...this.#stacks.values(), [...this.#homes.values()]].flat().find((view) => view.id === id);
  }

  findExternal(externalId: string): View | undefined {
    return [...this.#stacks.values()].flat().find(({ content }) => content.external_id === externalId);
  }

  update(view: View, content: Json): View {
    const next = { ...view, hash: newHash(), content: { ...content, blocks: withIds(blocksOf(content)) } };
    const stack = this.stack(view.user).map((each) => (each.id === view.id ? next : each));
    this.#stacks.set(view.user, stack);
    this.#changed(view.user);
    return next;
  }

  /** Takes away a view and what lies on it. */
  close(view: View): void {
    const stack = this.stack(view.user);
    const at = stack.findIndex(({ id }) => id === view.id);
    if (at >= 0) this.#stacks.set(view.user, stack.slice(0, at));
    this.#changed(view.user);
  }

  clear(user: string): void {
    this.#stacks.delete(user);
    this.#changed(user);
  }

  #show(user: string, below: readonly View[], content: Json): View {
    const view = this.#make(user, below.at(-1) ?? null, content);
    this.#stacks.set(user, [...below, view]);
    this.#changed(user);
    return view;
  }

  #make(user: string, previous: View | null, content: Json): View {
    this.#count += 1;
    const id = `V0${this.#count}${randomBytes(4).toString("hex").toUpperCase()}`;
    const withBlocks = { ...content, blocks: withIds(blocksOf(content)) };
    return {
      id,
      hash: newHash(),
      user,
      root: previous?.root ?? id,
      previous: previous?.id ?? null,
      content: withBlocks,
    };
  }

  #changed(user: string): void {
    for (const listener of this.#listeners) listener(user);
  }
}

/** A view as Slack hands it to the app. */
export const presentView = (view: View, values: Json = {}): Json => ({
  id: view.id,
  team_id: TEAM.id,
  app_id: APP_ID,
  app_installed_team_id: TEAM.id,
  bot_id: BOT.id,
  private_metadata: "",
  callback_id: "",
  external_id: "",
  close: null,
  submit: null,
  clear_on_close: false,
  notify_on_close: false,
  ...view.content,
  hash: view.hash,
  root_view_id: view.root,
  previous_view_id: view.previous,
  state: { values },
});

const newHash = (): string => `${Math.floor(Date.now() / 1000)}.${randomBytes(4).toString("hex")}`;

const blocksOf = ({ blocks }: Json): Json[] => (Array.isArray(blocks) ? blocks.filter(isRecord) : []);
