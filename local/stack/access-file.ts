import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { Secrets } from "./secrets.ts";

const TEAM = "T0LOCAL";
const HEADER = `# Who may do what here. Made at the first start and yours from then on: it is never written again.
# Of API tokens (rc_…) it holds the SHA-256 only; the tokens themselves are in secrets.json beside it.
`;

/** Writes the people of the local stack, unless there is a file already. */
export function writeAccessFile(file: string, { apiTokens }: Secrets, now: Date): void {
  if (existsSync(file)) return;
  const expires = new Date(now.getTime() + 365 * 24 * 3600 * 1000).toISOString();
  const person = (entry: {
    id: keyof Secrets["apiTokens"];
    name: string;
    mail: string;
    user: string;
    google: string;
    role: string;
  }) => ({
    id: entry.id,
    name: entry.name,
    mails: [entry.mail],
    slack: [{ team: TEAM, user: entry.user }],
    google: entry.google,
    tokens: [{ id: `${entry.id}-local`, sha256: sha256(apiTokens[entry.id]), expires, scopes: ["*"] }],
    role: entry.role,
  });
  const people = [
    person({
      id: "operator",
      name: "Operator on call",
      mail: "operator@example.test",
      user: "U0OPERATOR",
      google: "100000000000000000001",
      role: "operator",
    }),
    person({
      id: "second",
      name: "Second admin",
      mail: "admin@example.test",
      user: "U0SECOND",
      google: "100000000000000000002",
      role: "admin",
    }),
    person({
      id: "viewer",
      name: "Viewer",
      mail: "viewer@example.test",
      user: "U0VIEWER",
      google: "100000000000000000003",
      role: "viewer",
    }),
    // Of another company, so Slack calls them a stranger; and without a role here.
    { id: "guest", name: "Guest of another company", mails: [], slack: [], tokens: [], role: null },
  ];
  writeFileSync(file, HEADER + stringify({ people }), { mode: 0o600, flag: "wx" });
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
