import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const names = ["http", "socket"] as const;
const manifestOf = (name: (typeof names)[number]) =>
  JSON.parse(readFileSync(join(root, `bot/slack-manifest.${name}.json`), "utf8")) as Manifest;

interface Manifest {
  readonly display_information: {
    readonly name: string;
    readonly description: string;
    readonly long_description: string;
  };
  readonly features: {
    readonly app_home: { readonly messages_tab_enabled: boolean; readonly messages_tab_read_only_enabled: boolean };
    readonly bot_user: { readonly display_name: string };
    readonly slash_commands: readonly {
      readonly command: string;
      readonly url?: string;
      readonly description: string;
      readonly usage_hint: string;
      readonly should_escape: boolean;
    }[];
    readonly shortcuts?: readonly { readonly name: string }[];
  };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly event_subscriptions: { readonly request_url?: string; readonly bot_events: readonly string[] };
    readonly interactivity: { readonly is_enabled: boolean; readonly request_url?: string };
    readonly socket_mode_enabled: boolean;
  };
}

/** What each method of the Web API, and each event, needs; of channels that may be private both kinds. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  "chat.postMessage": ["chat:write"],
  "chat.postEphemeral": ["chat:write"],
  "chat.update": ["chat:write"],
  "conversations.history": ["channels:history", "groups:history"],
  "conversations.replies": ["channels:history", "groups:history"],
  "conversations.open": ["im:write"],
  "conversations.info": ["channels:read", "groups:read"],
  "files.getUploadURLExternal": ["files:write"],
  "files.completeUploadExternal": ["files:write"],
  "users.info": ["users:read", "users:read.email"],
  "auth.test": [],
};
const EVENT_NEEDS: Readonly<Record<string, string>> = { app_mention: "app_mentions:read", "message.im": "im:history" };

function sourcesIn(folder: string): string {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /^(?!.*(?:test|fixture)).*\.ts$/.test(file))
    .map((file) => readFileSync(join(root, folder, file), "utf8"))
    .join("\n");
}

describe.each(names)("bot/slack-manifest.%s.json", (name) => {
  const { display_information: shown, features, oauth_config: oauth, settings } = manifestOf(name);

  test("keeps to the lengths and counts that Slack takes", () => {
    expect(shown.name.length).toBeLessThanOrEqual(35);
    expect(shown.description.length).toBeLessThanOrEqual(140);
    expect(shown.long_description.length).toBeGreaterThanOrEqual(175);
    expect(shown.long_description.length).toBeLessThanOrEqual(4000);
    expect(features.slash_commands.length).toBeLessThanOrEqual(50);
    for (const { command } of features.slash_commands) expect(command).toMatch(/^\/[a-z0-9_-]{1,31}$/);
    expect(features.shortcuts?.length ?? 0).toBeLessThanOrEqual(10);
    for (const shortcut of features.shortcuts ?? []) expect(shortcut.name.length).toBeLessThanOrEqual(24);
  });

  test("lets people type /fleet, mention the bot, write to it and press buttons", () => {
    expect(features.slash_commands).toMatchObject([{ command: "/fleet", should_escape: true }]);
    expect(features.bot_user.display_name).toBe("fleet");
    expect(features.app_home).toMatchObject({ messages_tab_enabled: true, messages_tab_read_only_enabled: false });
    expect(settings.event_subscriptions.bot_events).toEqual(Object.keys(EVENT_NEEDS));
    expect(settings.interactivity.is_enabled).toBe(true);
  });

  test("asks for exactly the scopes that the service and the doctor use", () => {
    const source = ["bot/src/slack", "core/src/adapters/slack", "local/doctor"].map(sourcesIn).join("\n");
    const called = [...source.matchAll(/\b((?:auth|chat|conversations|files|users)\.[a-z]+[A-Za-z]*)[("]/g)];
    const methods = new Set(called.map(([, method = ""]) => method).filter((method) => method in NEEDS));
    expect([...methods]).toEqual(expect.arrayContaining(["chat.postMessage", "conversations.history", "users.info"]));
    const others = /\b(?:conversations\.(?:join|create)|files\.(?:upload|info)|reactions\.add|pins\.add|users\.list)\b/;
    expect(source, "a method that needs a scope nobody named").not.toMatch(others);
    const needed = [...methods].flatMap((method) => NEEDS[method] ?? []);
    const all = new Set([...needed, ...Object.values(EVENT_NEEDS), "commands"]);
    expect(oauth.scopes.bot).toEqual([...all].toSorted());
  });

  test("names addresses only where Slack calls us", () => {
    const addresses = [
      features.slash_commands[0]?.url,
      settings.event_subscriptions.request_url,
      settings.interactivity.request_url,
    ];
    expect(settings.socket_mode_enabled).toBe(name === "socket");
    if (name === "socket") expect(addresses).toEqual([undefined, undefined, undefined]);
    else expect(new Set(addresses)).toEqual(new Set(["https://rollcall.example.com/slack/events"]));
  });
});

test("both manifests are of one app: they differ in how Slack reaches it, and in nothing else", () => {
  const [http, socket] = names.map((name) => {
    const text = readFileSync(join(root, `bot/slack-manifest.${name}.json`), "utf8");
    return JSON.parse(text, (key, value) =>
      ["url", "request_url", "socket_mode_enabled"].includes(key) ? undefined : value,
    );
  });
  expect(socket).toEqual(http);
});
