import type { Directory, Person } from "@rollcall/core/ports/directory.ts";

const person = (id: string, name: string, more: Pick<Person, "role" | "slack">): Person => ({
  id,
  name,
  mails: [`${id}@example.test`],
  ...more,
});
const inSlack = (user: string) => [{ team: "T0LOCAL", user }];

const PEOPLE: readonly Person[] = [
  person("operator", "Operator on call", { role: "operator", slack: inSlack("U0OPERATOR") }),
  person("second", "Second admin", { role: "admin", slack: inSlack("U0SECOND") }),
  person("viewer", "Viewer", { role: "viewer", slack: inSlack("U0VIEWER") }),
  // As if somebody had entered the guest by mistake: Slack's own word still stands against it.
  person("guest", "Guest", { role: "admin", slack: [...inSlack("U0GUEST"), { team: "T0OTHER", user: "U0GUEST" }] }),
];

/** The people of the Slack stand-in, as `access.yaml` would name them. */
export const WORKSPACE_DIRECTORY: Directory = {
  source: "access.yaml",
  byId: (id) => PEOPLE.find((one) => one.id === id) ?? null,
  bySlack: (team, user) =>
    PEOPLE.find(({ slack }) => slack.some((one) => one.team === team && one.user === user)) ?? null,
  byToken: () => null,
  byMail: () => null,
  withRole: (role) => PEOPLE.filter((one) => one.role === role || one.role === "admin"),
  trust: () => ({ asOf: Date.now(), held: null }),
  confirm: async () => true,
};
