import { createHash } from "node:crypto";
import type { ApiTokens, TokenInForce } from "../ports/api-tokens.ts";
import type { Clock } from "../ports/clock.ts";
import type { Directory, Person } from "../ports/directory.ts";
import type { Sessions } from "../ports/sessions.ts";
import type { SlackLink, SlackLinks } from "../ports/slack-links.ts";
import { shareLook } from "../share-look.ts";
import type { AccessDirectory } from "./access-file.ts";

export interface LinkedDirectoryOptions {
  /** Who there is and what they may do. */
  readonly people: AccessDirectory;
  readonly stored: {
    readonly tokens: Pick<ApiTokens, "inForce">;
    readonly links: Pick<SlackLinks, "all">;
    readonly sessions: Pick<Sessions, "standing">;
  };
  /** Whether a Slack user counts only if its owner linked it; otherwise access.yaml may say it too. */
  readonly isLinkRequired: boolean;
  readonly clock: Clock;
  /** Called once when the store could not be read, until it can; what was known stays. */
  readonly onProblem: (problem: string, cause: unknown) => void;
  /** 1,000 if not said: what was ended counts nowhere after two seconds. */
  readonly refreshMs?: number;
}

/** People with what they said themselves: which Slack users they are, and which tokens they made. */
export interface LinkedDirectory extends AccessDirectory {
  /** Reads what was stored; who ask at the same time share one answer. @throws Failure "unavailable" */
  refreshStored(): Promise<void>;
  /** Whether a session stood when the store was read last. */
  hasSession(id: string): boolean;
}

interface Stored {
  readonly links: ReadonlyMap<string, SlackLink>;
  readonly byGoogle: ReadonlyMap<string, readonly SlackLink[]>;
  readonly byHash: ReadonlyMap<string, TokenInForce>;
  readonly byId: ReadonlyMap<string, TokenInForce>;
  readonly sessions: ReadonlySet<string>;
}
const NOTHING: Stored = {
  ...{ links: new Map(), byGoogle: new Map(), byHash: new Map(), byId: new Map(), sessions: new Set() },
};
const REFRESH_MS = 1_000;

/** A directory that also knows what is stored in PostgreSQL, looked up in memory. */
export function linkDirectory(options: LinkedDirectoryOptions): LinkedDirectory {
  const { people, isLinkRequired, clock } = options;
  const store = watchStored(options);
  const withLinks = (person: Person | null): Person | null => {
    if (person === null) return null;
    const own = person.google === undefined ? [] : (store.now().byGoogle.get(person.google) ?? []);
    const linked = own.map(({ team, user }) => ({ team, user }));
    return { ...person, slack: isLinkRequired ? linked : [...linked, ...person.slack] };
  };
  const byStored = (token: TokenInForce | undefined): ReturnType<Directory["byToken"]> => {
    if (token === undefined || token.expiresAt <= clock.now()) return null;
    const person = people.byId(token.person);
    return person === null ? null : { person, tokenId: token.id, scopes: token.scopes };
  };
  return {
    source: people.source,
    byId: (id) => withLinks(people.byId(id)),
    byMail: (mail) => withLinks(people.byMail(mail)),
    byGoogle: (google) => withLinks(people.byGoogle(google)),
    bySlack(team, user) {
      const link = store.now().links.get(keyOf({ team, user }));
      if (link !== undefined) return withLinks(people.byGoogle(link.google));
      return isLinkRequired ? null : withLinks(people.bySlack(team, user));
    },
    byToken: (text) => people.byToken(text) ?? byStored(store.now().byHash.get(hashOf(text))),
    byTokenId: (id) => people.byTokenId?.(id) ?? byStored(store.now().byId.get(id)),
    withRole: (role) => people.withRole(role).flatMap((person) => withLinks(person) ?? []),
    trust: () => people.trust(),
    problem: () => people.problem?.() ?? null,
    confirm: (id, role) => people.confirm(id, role),
    standingRules: () => people.standingRules(),
    refresh: () => people.refresh(),
    fileProblem: () => people.fileProblem(),
    refreshStored: store.refresh,
    hasSession: (id) => store.now().sessions.has(id),
    watch() {
      people.watch();
      store.watch();
    },
    close() {
      people.close();
      store.close();
    },
  };
}

const keyOf = ({ team, user }: Pick<SlackLink, "team" | "user">): string => `${team}/${user}`;
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function watchStored({ stored, onProblem, refreshMs = REFRESH_MS }: LinkedDirectoryOptions) {
  let current = NOTHING;
  let isFailing = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | null = null;
  const read = async (): Promise<void> => {
    const [tokens, links, sessions] = await Promise.all([
      stored.tokens.inForce(),
      stored.links.all(),
      stored.sessions.standing(),
    ]);
    current = {
      links: new Map(links.map((link) => [keyOf(link), link])),
      byGoogle: Map.groupBy(links, ({ google }) => google),
      byHash: new Map(tokens.map((token) => [token.hash, token])),
      byId: new Map(tokens.map((token) => [token.id, token])),
      sessions,
    };
    isFailing = false;
  };
  // A round under way may have read before the change that its caller wants to see.
  const refresh = shareLook(read);
  const watch = (): void => {
    if (isClosed) return;
    timer = setTimeout(() => {
      refresh()
        .catch((error: unknown) => {
          // Without PostgreSQL nothing can be changed by anybody, so what was ended meanwhile does no harm.
          if (!isFailing) onProblem("tokens, links and sessions could not be read", error);
          isFailing = true;
        })
        .finally(watch);
    }, refreshMs);
    timer.unref();
  };
  return {
    now: (): Stored => current,
    refresh,
    watch,
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
