export type Json = Record<string, unknown>;

/** A person or bot, in the shape of Slack's `users.info`. */
export interface User {
  readonly id: string;
  readonly team_id: string;
  readonly name: string;
  readonly real_name: string;
  readonly deleted: boolean;
  readonly is_bot: boolean;
  readonly is_app_user: boolean;
  readonly is_restricted: boolean;
  readonly is_ultra_restricted: boolean;
  readonly is_stranger: boolean;
  readonly is_email_confirmed: boolean;
  readonly tz: string;
  readonly profile: { readonly real_name: string; readonly display_name: string; readonly email?: string };
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly kind: "channel" | "im";
  readonly members: Set<string>;
  archived: boolean;
}

/** What a message said from `at` (milliseconds since the epoch) on. */
export interface Version {
  readonly at: number;
  readonly text: string;
  readonly blocks: readonly Json[];
}

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly size: number;
}

export interface Message extends Omit<Version, "at"> {
  readonly ts: string;
  readonly channel: string;
  /** Who wrote it; `USLACKBOT` for Slack's own words. */
  readonly user: string;
  readonly thread_ts: string | null;
  readonly metadata: Json | null;
  readonly edited: { readonly user: string; readonly ts: string } | null;
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
  readonly files: readonly StoredFile[];
  /** The one person who sees it, if it is ephemeral. */
  readonly visible_to: string | null;
  /** Everything it ever said, oldest first, the newest last. */
  readonly versions: readonly Version[];
}

/** What is known of a message before it is posted. */
export interface Draft {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly blocks?: readonly Json[];
  readonly thread_ts?: string | null;
  readonly metadata?: Json | null;
  readonly files?: readonly StoredFile[];
  readonly visible_to?: string | null;
}

export const TEAM = { id: "T0LOCAL", domain: "local", name: "Local workspace" } as const;
export const APP_ID = "A0FLEET";
export const BOT = { id: "B0FLEET", user: "U0FLEET", name: "fleet" } as const;
export const SLACKBOT = "USLACKBOT";
export const COMMANDS: readonly string[] = ["/fleet"];

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
