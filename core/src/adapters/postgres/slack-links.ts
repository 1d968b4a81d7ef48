import { createHash, randomBytes } from "node:crypto";
import { Failure } from "../../domain/failure.ts";
import { LINK_SECONDS, type SlackLink, type SlackLinks, type SlackUserKey } from "../../ports/slack-links.ts";
import { appendAudit } from "./audit-log.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

const TEXT = /^rl_[A-Za-z0-9_-]{43}$/;

interface Row {
  readonly team: string;
  readonly slack_user: string;
}
const toKey = ({ team, slack_user }: Row): SlackUserKey => ({ team, user: slack_user });

/** Links in PostgreSQL; addresses for linking by their SHA-256. */
export const createSlackLinks = (pool: Pool): SlackLinks => ({
  async propose(who) {
    const text = `rl_${randomBytes(32).toString("base64url")}`;
    await insertProposal(pool, text, who);
    return text;
  },
  async proposed(text) {
    const [row] = TEXT.test(text) ? await readProposal(pool, text) : [];
    return row === undefined ? null : toKey(row);
  },
  async link(text, google, audit) {
    // Before the transaction that links: an address that was tried serves no more, whatever came of it.
    const [row] = TEXT.test(text) ? await deleteProposal(pool, text) : [];
    if (row === undefined) return null;
    const who = toKey(row);
    await inTransaction(pool, async (client) => {
      if ((await insertLink(client, who, google)) !== google) throw linkedElsewhere(who);
      appendAudit(client, audit(who));
    });
    return who;
  },
  unlink: (google, audit) =>
    inTransaction(pool, async (client) => {
      const ended = (await deleteLinks(client, google)).map(toKey);
      for (const who of ended) appendAudit(client, audit(who));
      return ended;
    }),
  all: () => readLinks(pool),
});

const linkedElsewhere = ({ user }: SlackUserKey): Failure =>
  new Failure("conflict", `the Slack user ${user} is linked with another Google account`, {
    next: "Whoever has that account ends the link first, on their page.",
    rule: "linked",
  });

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

const insertProposal = (on: Queryable, text: string, { team, user }: SlackUserKey): Promise<unknown> =>
  query(
    on,
    `with earlier as (
       delete from slack_link_proposals where expires_at <= clock_timestamp() or (team = $2 and slack_user = $3)
     )
     insert into slack_link_proposals (hash, team, slack_user, expires_at)
     values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))`,
    [hashOf(text), team, user, LINK_SECONDS],
  );

const readProposal = (on: Queryable, text: string): Promise<Row[]> =>
  query<Row>(
    on,
    "select team, slack_user from slack_link_proposals where hash = $1 and expires_at > clock_timestamp()",
    [hashOf(text)],
  );

const deleteProposal = (on: Queryable, text: string): Promise<Row[]> =>
  query<Row>(
    on,
    "delete from slack_link_proposals where hash = $1 and expires_at > clock_timestamp() returning team, slack_user",
    [hashOf(text)],
  );

/** @returns the account that the Slack user is linked with now */
async function insertLink(
  client: Queryable,
  { team, user }: SlackUserKey,
  google: string,
): Promise<string | undefined> {
  const rows = await query<{ google: string }>(
    client,
    `insert into slack_links (team, slack_user, google) values ($1, $2, $3)
     on conflict (team, slack_user) do update set google = slack_links.google
     returning google`,
    [team, user, google],
  );
  return rows[0]?.google;
}

const deleteLinks = (client: Queryable, google: string): Promise<Row[]> =>
  query<Row>(client, "delete from slack_links where google = $1 returning team, slack_user", [google]);

async function readLinks(on: Queryable): Promise<SlackLink[]> {
  const rows = await query<Row & { google: string }>(on, "select team, slack_user, google from slack_links");
  return rows.map((row) => ({ ...toKey(row), google: row.google }));
}
