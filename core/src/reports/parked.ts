import type { Ports } from "../command.ts";
import { agentsOfSilence } from "../domain/asked-silence.ts";
import { isFailure } from "../domain/failure.ts";
import { timeToken } from "../domain/report.ts";
import type { FoundSilence } from "../domain/silence.ts";
import { counted, listed, plain } from "../fleet-words.ts";
import type { ExpectedAgent } from "../protocol.ts";
import { requestWhat } from "../request-words.ts";

/** What is off or muted for a while, and for whom: one line each. What cannot be asked is said. @throws Failure "unavailable" */
export async function parkedLines(
  ports: Pick<Ports, "registry" | "maintenance" | "freezes" | "silences" | "askedSilences">,
): Promise<string[]> {
  const [{ agents }, windows, freezes, asked, silences] = await Promise.all([
    ports.registry.expected(),
    ports.maintenance?.open() ?? [],
    ports.freezes?.active() ?? [],
    ports.askedSilences?.open() ?? [],
    silencesOf(ports),
  ]);
  const owners = ownersIn(agents);
  const frozen = new Set(freezes.flatMap(({ members }) => members.map(({ agent }) => agent)));
  return [
    ...windows.map(({ id, agents: ids, by, endsAt, reason }) =>
      parked(`${id} maintenance of ${listed(ids, 3)}`, { by, until: endsAt, reason, owner: owners(ids) }),
    ),
    ...freezes.map(({ id, members, by, endsAt, reason }) => {
      const ids = members.map(({ agent }) => agent);
      return parked(`${id} freeze of ${counted(ids.length, "agent")}`, {
        by,
        until: endsAt,
        reason,
        owner: owners(ids),
      });
    }),
    ...asked.map((silence) => {
      const ids = agentsOfSilence(silence);
      const { id, asker, endsAt: until, reason } = silence;
      return parked(`${id} silence of ${listed(ids, 3)}`, { by: asker.name, until, reason, owner: owners(ids) });
    }),
    ...agents.filter(({ id, desired }) => desired.state !== "running" && !frozen.has(id)).map(offLine),
    ...silences,
  ];
}

interface Parking {
  readonly by: string | null;
  /** null: until somebody ends it. */
  readonly until: number | null;
  readonly reason: string | null;
  readonly owner: string;
}

/** "⏸ *image-creator* paused until 04:00 by Second admin: too many errors · for content" */
function parked(what: string, { by, until, reason, owner }: Parking): string {
  const ends = until === null ? "until somebody ends it" : `until ${timeToken(until)}`;
  const who = by === null ? "" : ` by ${by}`;
  const why = reason === null ? "" : `: ${plain(reason, 60)}`;
  return `⏸ ${what} ${ends}${who}${why}${owner === "" ? "" : ` · for ${owner}`}`;
}

const offLine = ({ id, desired, owner }: ExpectedAgent): string =>
  parked(`*${id}* ${desired.state}`, { by: desired.by, until: desired.until ?? null, reason: desired.reason, owner });

const ownersIn =
  (agents: readonly ExpectedAgent[]) =>
  (ids: readonly string[]): string =>
    listed([...new Set(agents.filter(({ id }) => ids.includes(id)).map(({ owner }) => owner))], 3);

async function silencesOf({ silences }: Pick<Ports, "silences">): Promise<string[]> {
  try {
    const found = (await silences?.list()) ?? [];
    // What somebody asked for is told with who did and why.
    return found.filter(({ key }) => !/^(mw|sil)-/.test(key)).map(silenceLine);
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return ["❔ What is silenced is not known: Alertmanager does not answer"];
  }
}

const silenceLine = ({ key, agents, endsAt }: FoundSilence): string =>
  `🔕 alerts of ${listed(agents, 3)} muted until ${timeToken(endsAt)} by ${plain(key, 60)}`;

/** What waits for somebody, and what runs. @throws Failure "unavailable" */
export async function waitingLines({
  requests,
  operations,
}: Pick<Ports, "requests" | "operations">): Promise<string[]> {
  const [waiting, running] = await Promise.all([
    requests.list({ waiting: true, limit: 10 }),
    operations.list({ running: true, limit: 10 }),
  ]);
  return [
    ...waiting.map(
      (request) =>
        `✋ ${request.id} ${requestWhat(request)}, asked by ${request.actor.name}, ends ${timeToken(request.expiresAt)}`,
    ),
    ...running.map(({ id, command, targets, actor }) => {
      const agents = listed(
        targets.map(({ agent }) => agent),
        3,
      );
      return `⏳ ${id} ${`${command} ${agents}`.trim()} under way, by ${actor.name}`;
    }),
  ];
}
