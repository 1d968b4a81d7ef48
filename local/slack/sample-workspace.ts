import { BOT, type Channel, SLACKBOT, TEAM, type User } from "./records.ts";

const user = (id: string, name: string, more: Partial<User>): User => ({
  id,
  team_id: TEAM.id,
  name,
  real_name: name,
  deleted: false,
  is_bot: false,
  is_app_user: false,
  is_restricted: false,
  is_ultra_restricted: false,
  is_stranger: false,
  is_email_confirmed: true,
  tz: "Etc/UTC",
  profile: { real_name: name, display_name: name },
  ...more,
});

const called = (name: string, email: string): Partial<User> => ({
  real_name: name,
  profile: { real_name: name, display_name: name, email },
});

const BOT_MARKS = { is_bot: true, is_email_confirmed: false };

/** The people of the local workspace. */
export const sampleUsers = (): User[] => [
  user("U0OPERATOR", "operator", called("Operator on call", "operator@example.test")),
  user("U0SECOND", "second", called("Second admin", "admin@example.test")),
  user("U0VIEWER", "viewer", called("Viewer", "viewer@example.test")),
  user("U0GUEST", "guest", {
    ...called("Guest of another company", "guest@other.example"),
    team_id: "T0OTHER",
    is_stranger: true,
  }),
  user(BOT.user, BOT.name, BOT_MARKS),
  user(SLACKBOT, "slackbot", BOT_MARKS),
];

/** Three channels in which everybody is, and a direct channel of each person with the bot. */
export function sampleChannels(users: readonly User[]): Channel[] {
  const people = users.filter((user) => !user.is_bot);
  const everybody = [...people.map(({ id }) => id), BOT.user];
  const open = [
    ["C0ALERTS", "fleet-alerts"],
    ["C0OPS", "fleet-ops"],
    ["C0AUDIT", "fleet-audit"],
  ] as const;
  return [
    ...open.map(([id, name]) => ({
      id,
      name,
      kind: "channel" as const,
      members: new Set(everybody),
      archived: false,
    })),
    ...people.map(({ id }) => ({
      id: `D${id.slice(1)}`,
      name: "directmessage",
      kind: "im" as const,
      members: new Set([id, BOT.user]),
      archived: false,
    })),
  ];
}
