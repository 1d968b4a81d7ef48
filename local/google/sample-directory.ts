import { DOMAIN, type GoogleGroup, type GoogleUser } from "./records.ts";

const user = (number: number, name: string, more: Partial<GoogleUser> & { email: string }): GoogleUser => ({
  id: `1000000000000000000${String(number).padStart(2, "0")}`,
  name,
  aliases: [],
  suspended: false,
  archived: false,
  admin: false,
  ...more,
});

const at = (name: string): string => `${name}@${DOMAIN}`;

/** The same people as in the Slack stand-in's workspace, one on leave, and the administrator whom applications act for. */
export const sampleUsers = (): GoogleUser[] => [
  user(1, "Operator on call", { email: at("operator"), aliases: [at("on-call")] }),
  user(2, "Second admin", { email: at("admin") }),
  user(3, "Viewer", { email: at("viewer") }),
  user(4, "Guest of another company", { email: "guest@other.example" }),
  user(5, "Former colleague", { email: at("former"), suspended: true }),
  user(6, "Workspace administrator", { email: at("workspace-admin"), admin: true }),
];

/** Three groups, one for each role; operators come from a team's group inside theirs, and viewers are everybody in it. */
export function sampleGroups(): GoogleGroup[] {
  const [operator, second, viewer, guest, former] = sampleUsers().map(({ id }) => id) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const person = (id: string) => ({ id, type: "USER" as const, role: "MEMBER" as const });
  const nested = (id: string) => ({ id, type: "GROUP" as const, role: "MEMBER" as const });
  return [
    { id: "01admins", email: at("fleet-admins"), name: "Fleet admins", members: [person(second)] },
    { id: "02operators", email: at("fleet-operators"), name: "Fleet operators", members: [nested("04oncall")] },
    { id: "03viewers", email: at("fleet-viewers"), name: "Fleet viewers", members: [person(viewer), person(guest)] },
    { id: "04oncall", email: at("on-call-team"), name: "On-call team", members: [person(operator), person(former)] },
  ];
}
