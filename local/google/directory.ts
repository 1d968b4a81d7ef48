import { randomInt } from "node:crypto";
import type { DirectorySnapshot, GoogleGroup, GoogleMember, GoogleUser } from "./records.ts";
import { sampleGroups, sampleUsers } from "./sample-directory.ts";

/** What cannot be done to the directory, in words. */
export class DirectoryError extends Error {}

/** People and groups of the Workspace account, as an administrator edits them. */
export class Directory {
  #users: GoogleUser[] = sampleUsers();
  #groups: GoogleGroup[] = sampleGroups();
  readonly #listeners: (() => void)[] = [];

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  users(): readonly GoogleUser[] {
    return this.#users;
  }

  groups(): readonly GoogleGroup[] {
    return this.#groups;
  }

  /** @param key id, primary address or alias */
  user(key: string): GoogleUser | null {
    const wanted = key.toLowerCase();
    return (
      this.#users.find(({ id, email, aliases }) => id === key || email === wanted || aliases.includes(wanted)) ?? null
    );
  }

  /** @param key id or address */
  group(key: string): GoogleGroup | null {
    return this.#groups.find(({ id, email }) => id === key || email === key.toLowerCase()) ?? null;
  }

  /** Everybody in a group and in the groups inside it, each once; a cycle ends. */
  derivedMembers(group: GoogleGroup): GoogleMember[] {
    const found = new Map<string, GoogleMember>();
    const open = [group];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const unseen = next.members.filter(({ id }) => !found.has(id) && id !== group.id);
      for (const member of unseen) found.set(member.id, member);
      open.push(...unseen.map(({ id }) => this.group(id)).filter((inner) => inner !== null));
    }
    return [...found.values()];
  }

  /** Adds a person; a taken address is refused. @returns the new person */
  addUser(given: Partial<GoogleUser> & Pick<GoogleUser, "email">): GoogleUser {
    const email = given.email.toLowerCase();
    if (this.user(email) !== null || this.group(email) !== null)
      throw new DirectoryError(`${email} is taken; choose another address`);
    const user: GoogleUser = {
      id: given.id ?? newId(),
      name: given.name ?? email.split("@", 1)[0] ?? email,
      aliases: given.aliases ?? [],
      suspended: given.suspended ?? false,
      archived: given.archived ?? false,
      admin: given.admin ?? false,
      email,
    };
    this.#users = [...this.#users, user];
    this.#changed();
    return user;
  }

  changeUser(key: string, changes: Partial<Omit<GoogleUser, "id">>): GoogleUser {
    const before = this.#required(key);
    const after = { ...before, ...changes };
    this.#users = this.#users.map((user) => (user.id === before.id ? after : user));
    this.#changed();
    return after;
  }

  /** Deletes a person, and with them their memberships. */
  removeUser(key: string): void {
    const { id } = this.#required(key);
    this.#users = this.#users.filter((user) => user.id !== id);
    this.#groups = this.#groups.map((group) => without(group, id));
    this.#changed();
  }

  addGroup({ email, name }: { email: string; name?: string }): GoogleGroup {
    if (this.group(email) !== null || this.user(email) !== null)
      throw new DirectoryError(`${email} is taken; choose another address`);
    const group = { id: newId(), email: email.toLowerCase(), name: name ?? email, members: [] };
    this.#groups = [...this.#groups, group];
    this.#changed();
    return group;
  }

  removeGroup(key: string): void {
    const { id } = this.#requiredGroup(key);
    this.#groups = this.#groups.filter((group) => group.id !== id).map((group) => without(group, id));
    this.#changed();
  }

  /** Puts a person or a group into a group; once is enough. */
  join(groupKey: string, memberKey: string): void {
    const group = this.#requiredGroup(groupKey);
    const inner = this.group(memberKey);
    const id = inner?.id ?? this.#required(memberKey).id;
    const member: GoogleMember = { id, type: inner === null ? "USER" : "GROUP", role: "MEMBER" };
    const members = [...group.members.filter((one) => one.id !== id), member];
    this.#groups = this.#groups.map((one) => (one.id === group.id ? { ...one, members } : one));
    this.#changed();
  }

  leave(groupKey: string, memberKey: string): void {
    const group = this.#requiredGroup(groupKey);
    const id = this.group(memberKey)?.id ?? this.#required(memberKey).id;
    this.#groups = this.#groups.map((one) => (one.id === group.id ? without(one, id) : one));
    this.#changed();
  }

  /** Back to the sample people and groups. */
  reset(): void {
    this.#users = sampleUsers();
    this.#groups = sampleGroups();
    this.#changed();
  }

  snapshot(): DirectorySnapshot {
    return { version: 1, users: this.#users, groups: this.#groups };
  }

  restore({ users, groups }: DirectorySnapshot): void {
    this.#users = [...users];
    this.#groups = [...groups];
  }

  #required(key: string): GoogleUser {
    const user = this.user(key);
    if (user === null) throw new DirectoryError(`nobody is called ${key} here`);
    return user;
  }

  #requiredGroup(key: string): GoogleGroup {
    const group = this.group(key);
    if (group === null) throw new DirectoryError(`no group is called ${key} here`);
    return group;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

const without = (group: GoogleGroup, id: string): GoogleGroup => ({
  ...group,
  members: group.members.filter((member) => member.id !== id),
});

/** 21 digits, as Google's ids of people are. */
const newId = (): string => `1${Array.from({ length: 20 }, () => randomInt(10)).join("")}`;
