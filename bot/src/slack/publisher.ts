import type { Ports } from "@rollcall/core/command.ts";
import type { Publications } from "@rollcall/core/ports/publications.ts";
import type { SlackLog, SlackSettings } from "./settings.ts";

export interface PublisherDeps {
  readonly settings: SlackSettings;
  readonly ports: Pick<Ports, "operations" | "incidents" | "registry" | "bus" | "clock">;
  readonly publications: Publications;
  /** Only the leader writes messages; asked before each round and each message. */
  readonly isLeader: () => boolean;
  readonly log: SlackLog;
}

/** Keeps every message in Slack at the newest state of its row, until stopped. */
export function startPublisher(_deps: PublisherDeps): { stop(): Promise<void> } {
  return { stop: async () => {} };
}
