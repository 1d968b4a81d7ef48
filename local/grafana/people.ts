/** Somebody who is signed in to the stand-in. */
export interface GrafanaPerson {
  /** What the page and the control API call them. */
  readonly key: string;
  readonly kind: "user" | "service-account" | "anonymous";
  readonly uid: string;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly org: number;
  /** Grafana's own role, which must count for nothing elsewhere. */
  readonly role: "Viewer" | "Editor" | "Admin";
}

const user = (key: string, name: string, more: Partial<GrafanaPerson> = {}): GrafanaPerson => ({
  ...{ key, name, kind: "user", uid: `sample-${key}`, login: key, email: `${key}@example.test` },
  ...{ emailVerified: true, org: 1, role: "Viewer" },
  ...more,
});

/** The same people as in the sample Workspace and Slack, and those whom nobody may believe. Grafana's roles are the wrong way round. */
export const PEOPLE: readonly GrafanaPerson[] = [
  user("operator", "Operator on call"),
  user("second", "Second admin", { email: "admin@example.test" }),
  user("viewer", "Viewer", { role: "Admin" }),
  user("former", "Former colleague", { role: "Editor" }),
  user("nobody", "Somebody whom Rollcall does not know", { role: "Admin" }),
  user("unverified", "Somebody who claims the admin's address", {
    email: "admin@example.test",
    emailVerified: false,
    role: "Admin",
  }),
  user("elsewhere", "Admin of another organisation", { email: "admin@example.test", org: 2, role: "Admin" }),
  user("robot", "Service account", { kind: "service-account", role: "Admin" }),
  // Grafana has no token for them, so it leaves alone what they send as one.
  user("anonymous", "Not signed in, let in anonymously", { kind: "anonymous", email: "" }),
];

/** @returns null if nobody has that key */
export const personOf = (key: string): GrafanaPerson | null => PEOPLE.find((person) => person.key === key) ?? null;
