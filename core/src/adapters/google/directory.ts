import { ROLES, type Role } from "../../domain/actor.ts";
import { highestRole, type RoleGroups, rolesFrom } from "../../domain/workspace.ts";
import type { StandingRules } from "../../policy-rules.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Directory, DirectoryTrust, Person } from "../../ports/directory.ts";
import type { DirectorySnapshots, DirectoryState, KnownPerson } from "../../ports/directory-snapshots.ts";
import type { Workspace } from "../../ports/workspace.ts";
import type { AccessDirectory } from "../access-file.ts";

export interface GoogleDirectoryOptions {
  readonly workspace: Workspace;
  readonly snapshots: DirectorySnapshots;
  readonly groups: RoleGroups;
  /** access.yaml: which Slack users and tokens belong to which person; its roles count for nothing here. */
  readonly doors: AccessDirectory;
  readonly clock: Clock;
  /** Called when the list could not be read from the store, once until it can. */
  readonly onProblem: (problem: string, cause?: unknown) => void;
  readonly refreshMs?: number;
}

/** People of a Google Workspace account, as any replica knows them. */
export interface GoogleDirectory extends AccessDirectory {
  /** How things stand, for metrics and diagnostics; null before the store was read. */
  state(): DirectoryState | null;
}

// A removal is in force two seconds after the leader has read it.
const REFRESH_MS = 2_000;

interface Known {
  readonly state: DirectoryState;
  /** When `state` was asked for, ms since the epoch by this process's clock: ages count from there. */
  readonly at: number;
  readonly people: ReadonlyMap<string, KnownPerson>;
}

/** The list in force from the store, looked up in memory; nobody is known until it was read. */
export function openGoogleDirectory(options: GoogleDirectoryOptions): GoogleDirectory {
  return new StoredDirectory(options);
}

class StoredDirectory implements GoogleDirectory {
  readonly source = "Google Workspace";
  readonly #options: GoogleDirectoryOptions;
  #known: Known | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #isFailing = false;

  constructor(options: GoogleDirectoryOptions) {
    this.#options = options;
  }

  byId(id: string): Person | null {
    const known = this.#known?.people.get(id);
    return known === undefined ? null : this.#personOf(known);
  }

  bySlack(team: string, user: string): Person | null {
    return this.#linked(this.#options.doors.bySlack(team, user));
  }

  byMail(mail: string): Person | null {
    const wanted = mail.toLowerCase();
    const found = [...(this.#known?.people.values() ?? [])].filter(({ mails }) => mails.includes(wanted));
    // An address that two people have proves nothing.
    return found.length === 1 && found[0] !== undefined ? this.#personOf(found[0]) : null;
  }

  byToken(token: string): ReturnType<Directory["byToken"]> {
    const found = this.#options.doors.byToken(token);
    const person = this.#linked(found?.person ?? null);
    return found === null || person === null ? null : { ...found, person };
  }

  withRole(role: Role): readonly Person[] {
    return [...(this.#known?.people.values() ?? [])]
      .map((known) => this.#personOf(known))
      .filter((person) => person.role !== null && rolesFrom(role).includes(person.role));
  }

  trust(): DirectoryTrust {
    if (this.#known === null) return { asOf: null, held: null };
    const { state, at } = this.#known;
    return { asOf: state.inForce === null ? null : at - state.inForce.ageMs, held: state.held?.because ?? null };
  }

  byGoogle(google: string): Person | null {
    return this.byId(google);
  }

  async confirm(id: string, role: Role): Promise<boolean> {
    const known = this.#known?.people.get(id);
    // Who is not on the list has no role to confirm.
    if (known === undefined) return false;
    const { groups, workspace } = this.#options;
    return workspace.isIn(
      known,
      rolesFrom(role).map((one) => groups[one]),
    );
  }

  /** Rules of access.yaml name people by their id there; they hold for the Google account of that entry too. */
  standingRules(): StandingRules {
    const rules = this.#options.doors.standingRules();
    const also = (name: string): string[] => this.#googleIdsOf(name);
    return {
      ...rules,
      scopes: rules.scopes.map((scope) => ({ ...scope, who: [...scope.who, ...scope.who.flatMap(also)] })),
      blocks: rules.blocks.flatMap((block) => [block, ...also(block.person).map((person) => ({ ...block, person }))]),
      onCall: (rules.onCall ?? []).flatMap((one) => [one, ...also(one.person).map((person) => ({ ...one, person }))]),
    };
  }

  async refresh(): Promise<void> {
    const { snapshots, clock, doors } = this.#options;
    await doors.refresh();
    const at = clock.now();
    const state = await snapshots.state();
    const earlier = this.#known;
    const isSame = earlier !== null && earlier.state.inForce?.generation === state.inForce?.generation;
    const people = isSame ? earlier.people : await this.#read(state);
    // Replies may overtake each other; an older one must not bring back who was removed.
    if (this.#known === earlier) this.#known = { state, at, people };
  }

  watch(): void {
    if (this.#isClosed || this.#timer !== null) return;
    // Blocks and tokens of access.yaml do not wait for the list.
    this.#options.doors.watch();
    this.#timer = setTimeout(() => {
      this.refresh()
        .then(
          () => {
            this.#isFailing = false;
          },
          (error: unknown) => {
            if (!this.#isFailing) this.#options.onProblem("the list of people could not be read", error);
            this.#isFailing = true;
          },
        )
        .finally(() => {
          this.#timer = null;
          this.watch();
        });
    }, this.#options.refreshMs ?? REFRESH_MS);
    this.#timer.unref();
  }

  fileProblem(): string | null {
    return this.#options.doors.fileProblem();
  }

  problem(): string | null {
    const attempt = this.#known?.state.attempt;
    return attempt?.problem == null ? null : `${attempt.problem}, ${attempt.words}`;
  }

  state(): DirectoryState | null {
    return this.#known?.state ?? null;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#options.doors.close();
  }

  async #read({ inForce }: DirectoryState): Promise<ReadonlyMap<string, KnownPerson>> {
    const people = inForce === null ? [] : await this.#options.snapshots.people(inForce.generation);
    return new Map(people.map((person) => [person.id, person]));
  }

  /** The Google account of an entry of access.yaml; by the account's id alone, because addresses are given to others. */
  #linked(entry: Person | null): Person | null {
    if (entry === null) return null;
    const known = entry.google === undefined ? undefined : this.#known?.people.get(entry.google);
    if (known === undefined) return { ...entry, role: null, grants: [] };
    return { ...this.#personOf(known), slack: entry.slack };
  }

  #googleIdsOf(name: string): string[] {
    const google = this.#options.doors.byId(name)?.google;
    const byMail = name.includes("@") ? this.byMail(name)?.id : undefined;
    return [google, byMail].filter((id) => id !== undefined);
  }

  #personOf({ id, name, mails, grants }: KnownPerson): Person {
    const slack = this.#options.doors.byGoogle(id)?.slack ?? [];
    return {
      ...{ id, name, mails, slack, google: id },
      role: highestRole(grants),
      grants: grants
        .toSorted((one, other) => ROLES.indexOf(other.role) - ROLES.indexOf(one.role))
        .map(({ role, group, via, knownSince }) => ({ role, from: group, via, knownSince })),
    };
  }
}
