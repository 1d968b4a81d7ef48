import { GOOGLE_API_URL } from "@rollcall/core/adapters/google/google-calls.ts";
import type { RoleGroups } from "@rollcall/core/domain/workspace.ts";
import { secretDocument } from "@rollcall/core/secrets/read-settings.ts";
import type { Secret } from "@rollcall/core/secrets/secret.ts";
import { z } from "zod";

const mail = z.email("a mail address").transform((text) => text.toLowerCase());
const domains = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((domain) => domain.trim().toLowerCase())
      .filter((domain) => domain !== ""),
  )
  .refine(
    (list) => list.every((domain) => /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain)),
    "domains like partner.example with commas between",
  );

/** Settings of roles from Google Workspace groups; those without a default are set together or not at all. */
export const googleSettings = {
  GOOGLE_SERVICE_ACCOUNT: secretDocument()
    .optional()
    .describe(
      "JSON key of a service account with domain-wide delegation, mostly as GOOGLE_SERVICE_ACCOUNT_FILE; roles come from access.yaml if not set",
    ),
  GOOGLE_DELEGATED_ADMIN: mail.optional().describe("Administrator of the Workspace account in whose name it reads"),
  GOOGLE_API_URL: z
    .url({ protocol: /^https?$/, error: "an address http://… or https://…" })
    .refine((text) => text.endsWith("/"), "an address that ends with /")
    .default(GOOGLE_API_URL)
    .describe("Google's Directory API; a stand-in in tests, which gives tokens there too"),
  ROLLCALL_GROUP_ADMIN: mail.optional().describe("Group whose members are admins"),
  ROLLCALL_GROUP_OPERATOR: mail.optional().describe("Group whose members are operators"),
  ROLLCALL_GROUP_VIEWER: mail.optional().describe("Group whose members are viewers"),
  ROLLCALL_FOREIGN_DOMAINS: domains.describe("Domains of other companies whose people in the groups count"),
};

/** What a Google Workspace account is read with. */
export interface GoogleSource {
  readonly key: Secret;
  readonly administrator: string;
  readonly apiUrl: string;
  readonly groups: RoleGroups;
  readonly foreignDomains: readonly string[];
}

const schema = z.object(googleSettings);
type Settings = z.output<typeof schema>;

const TOGETHER = [
  "GOOGLE_SERVICE_ACCOUNT",
  "GOOGLE_DELEGATED_ADMIN",
  "ROLLCALL_GROUP_ADMIN",
  "ROLLCALL_GROUP_OPERATOR",
  "ROLLCALL_GROUP_VIEWER",
] as const;

/** @returns null without Google, or every problem: half of the settings would be taken for none of them */
export function googleSourceOf(settings: Settings): { source: GoogleSource | null } | { problems: readonly string[] } {
  const missing = TOGETHER.filter((name) => settings[name] === undefined);
  const {
    GOOGLE_SERVICE_ACCOUNT: key,
    GOOGLE_DELEGATED_ADMIN: administrator,
    ROLLCALL_GROUP_ADMIN: admin,
    ROLLCALL_GROUP_OPERATOR: operator,
    ROLLCALL_GROUP_VIEWER: viewer,
  } = settings;
  if (missing.length === TOGETHER.length) return { source: null };
  if (!key || !administrator || !admin || !operator || !viewer)
    return { problems: [`${missing.join(", ")} not set, but another setting of Google is: set all five, or none`] };
  const groups = { admin, operator, viewer };
  const { GOOGLE_API_URL: apiUrl, ROLLCALL_FOREIGN_DOMAINS: foreignDomains } = settings;
  return { source: { key, administrator, apiUrl, groups, foreignDomains } };
}
