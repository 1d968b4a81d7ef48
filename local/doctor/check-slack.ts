import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY, STACK_MARK } from "../stack/layout.ts";
import { clockFinding } from "./check-stores.ts";
import { type Finding, fine, mend, reasonOf, skipped } from "./finding.ts";
import type { Situation, SlackPlace } from "./situation.ts";

const PATIENCE_MS = 5000;
const TOKEN_PAGE = "Take the bot token from the app's page, OAuth & Permissions, into SLACK_BOT_TOKEN of .env.";
/** What the shipped app asks for is what the service needs; both manifests ask for the same. */
const MANIFEST = join(REPOSITORY, "bot/slack-manifest.http.json");

interface SlackAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[] | null;
  readonly date: number | null;
}

/** Token, workspace, scopes, the two channels and Slack's clock. */
export async function checkSlack({ slack, isRunning }: Situation): Promise<Finding[]> {
  if (slack.token === null) return [skipped("Slack", "no start yet, so no stand-in")];
  if (slack.isStandIn && !isRunning) return [skipped("Slack", "the stand-in does not run")];
  const began = Date.now();
  try {
    const test = await call(slack, "auth.test");
    if (test.body.ok !== true) return [tokenProblem(String(test.body.error))];
    return [
      ...identityFindings(slack, test),
      ...scopeFindings(test),
      ...(test.date === null ? [] : [slackClock(test.date, began)]),
      await directoryFinding(slack),
      ...(await Promise.all(slack.channels.map((channel) => channelFinding(slack, channel)))),
    ];
  } catch (error) {
    const how = slack.isStandIn ? "See npm run status." : "Check the network, a proxy, and SLACK_API_URL.";
    return [mend("Slack", `does not answer: ${reasonOf(error)}`, how)];
  }
}

async function call({ apiUrl, token }: SlackPlace, method: string, args: Record<string, string> = {}) {
  const response = await fetch(new URL(method, apiUrl), {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: new URLSearchParams(args),
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const date = Date.parse(response.headers.get("date") ?? "");
  const scopes = response.headers.get("x-oauth-scopes");
  const answer: SlackAnswer = {
    body: (await response.json()) as SlackAnswer["body"],
    scopes: scopes === null ? null : scopes.split(",").map((scope) => scope.trim()),
    date: Number.isNaN(date) ? null : date,
  };
  return answer;
}

const tokenProblem = (error: string): Finding => mend("Slack token", `Slack refuses it: ${error}`, TOKEN_PAGE);

// The header counts whole seconds, so it is up to one second behind.
const slackClock = (date: number, began: number): Finding =>
  clockFinding("clock of Slack", { at: date, began: began - 1000, now: Date.now() });

function identityFindings(slack: SlackPlace, { body }: SlackAnswer): Finding[] {
  const wrong = [
    { setting: "SLACK_TEAM_ID", expected: slack.team, found: body.team_id },
    { setting: "SLACK_BOT_USER_ID", expected: slack.botUser, found: body.user_id },
  ].filter(({ expected, found }) => expected !== found);
  if (wrong.length === 0) return [fine("Slack token", `of the bot ${body.user} in ${body.team}`)];
  return wrong.map(({ setting, expected, found }) =>
    mend(
      "Slack token",
      `${setting} is ${expected}, the token is of ${found}`,
      `Set ${setting}=${found}, or take the other token.`,
    ),
  );
}

/** Slack names the scopes of the token in a header; its stand-in has none. */
function scopeFindings({ scopes }: SlackAnswer): Finding[] {
  if (scopes === null) return [skipped("Slack scopes", "the answer names none (the stand-in never does)")];
  const needed = neededScopes();
  const missing = needed.filter((scope) => !scopes.includes(scope));
  if (missing.length === 0) return [fine("Slack scopes", `${needed.length} needed, all granted`)];
  return [
    mend(
      "Slack scopes",
      `${missing.join(", ")} missing`,
      "Add them under OAuth & Permissions, or take bot/slack-manifest.http.json; then install the app again.",
    ),
  ];
}

function neededScopes(): readonly string[] {
  const manifest = JSON.parse(readFileSync(MANIFEST, "utf8")) as { oauth_config: { scopes: { bot: string[] } } };
  return manifest.oauth_config.scopes.bot;
}

async function directoryFinding(slack: SlackPlace): Promise<Finding> {
  const { body } = await call(slack, "users.info", { user: slack.botUser });
  if (body.ok === true) return fine("Slack directory", "users.info answers");
  return mend("Slack directory", `users.info: ${body.error}`, "Grant users:read; without it nobody can be let in.");
}

async function channelFinding(slack: SlackPlace, { setting, id }: SlackPlace["channels"][number]): Promise<Finding> {
  const name = `channel ${id || "(none)"}`;
  const { body } = await call(slack, "conversations.info", { channel: id });
  if (body.ok !== true)
    return mend(
      name,
      `conversations.info: ${body.error}`,
      `Set ${setting} to the id of a channel, C… (its details, last line).`,
    );
  const channel = body.channel as { name?: string; is_member?: boolean; is_archived?: boolean };
  if (channel.is_archived === true)
    return mend(name, `#${channel.name} is archived`, `Unarchive it, or change ${setting}.`);
  if (channel.is_member !== true)
    return mend(name, `the bot is not a member of #${channel.name}`, `Type /invite @fleet there.`);
  return fine(name, `#${channel.name}, the bot is a member`);
}

/** Two receivers with one app token share its events between them, so each misses some. */
export function checkAppToken({ settings, layout }: Situation): Finding[] {
  const token = settings.SLACK_APP_TOKEN;
  if (!token) return [skipped("app token", "Socket Mode is not configured (no SLACK_APP_TOKEN)")];
  const others = readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      const environment = environmentOf(pid);
      const isOurs = environment.includes(`${STACK_MARK}=${layout.root}`);
      return environment.includes(`SLACK_APP_TOKEN=${token}`) && environment.some(isMark) && !isOurs;
    });
  if (others.length === 0) return [fine("app token", "no other stack of this machine has it")];
  const pids = others.slice(0, 3).join(", ");
  return [
    mend(
      "app token",
      `another stack has the same one (pid ${pids})`,
      "Make an app-level token, or an app, for each stack.",
    ),
  ];
}

const isMark = (entry: string): boolean => entry.startsWith(`${STACK_MARK}=`);

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}
