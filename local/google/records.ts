/** A user of the Workspace account, or of another one (then only the groups know them). */
export interface GoogleUser {
  /** 21 digits, for ever the same person's; what an ID token calls `sub`. */
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly suspended: boolean;
  readonly archived: boolean;
  /** Whether an application may act for all of the account in their name. */
  readonly admin: boolean;
}

export type MemberType = "USER" | "GROUP";

/** An entry of a group, by the id of who is in it. */
export interface GoogleMember {
  readonly id: string;
  readonly type: MemberType;
  readonly role: "OWNER" | "MANAGER" | "MEMBER";
}

export interface GoogleGroup {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly members: readonly GoogleMember[];
}

export interface DirectorySnapshot {
  readonly version: 1;
  readonly users: readonly GoogleUser[];
  readonly groups: readonly GoogleGroup[];
}

/** The one domain of the local Workspace account. */
export const DOMAIN = "example.test";

export const isOfAccount = ({ email }: Pick<GoogleUser, "email">): boolean => email.endsWith(`@${DOMAIN}`);
