import type { ApprovalRequest } from "@rollcall/core/domain/approval.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import { whoMayApprove } from "@rollcall/core/who-may-approve.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import type { Frame } from "./render/operation.ts";
import { requestEndingNote, requestMessage } from "./render/request.ts";

/** Somebody waits for it, and ten minutes are short. */
const REQUEST_URGENCY = 1;
const NOTE_URGENCY = 4;
/** People who are told directly. */
const MOST_TOLD = 5;

/**
 * `req-31` for all to see, `req-31:dm:U0SECOND` to one who may agree, `req-31:ending` for who asked.
 * @returns null if the row is not there, or its message must wait for another one
 */
export async function draftOfRequest(publication: Publication, deps: DraftDeps): Promise<Draft | null> {
  const [id = "", kind, user] = publication.key.split(":");
  const request = await deps.ports.requests.find(id);
  if (request === null) return null;
  if (kind === "dm" && user !== undefined) return await draftDirect({ publication, request, user }, deps);
  return kind === undefined
    ? await draftForAll(publication, request, deps)
    : await draftNote(publication, request, deps);
}

async function draftForAll(publication: Publication, request: ApprovalRequest, deps: DraftDeps): Promise<Draft | null> {
  const place = await placeOf(request, deps);
  if (place === null) return null;
  // Before the message stands, so that whoever is to be told is told even if this process ends in between.
  if (request.state === "waiting" && publication.posted === null) await wantDirect(request, deps);
  return { ...draftOf(publication, request, deps), ...place };
}

/** In the thread of the card it was asked from, once that one stands; else where operations are shown. */
async function placeOf(
  { incidentId }: ApprovalRequest,
  { settings, publications }: DraftDeps,
): Promise<Pick<Draft, "channel" | "thread"> | null> {
  if (incidentId === null) return { channel: settings.opsChannel, thread: null };
  const posted = (await publications.find(incidentId))?.posted ?? null;
  return posted === null ? null : { channel: posted.channel, thread: posted.ts };
}

async function wantDirect(request: ApprovalRequest, { settings, ports, publications }: DraftDeps): Promise<void> {
  const users = whoMayApprove(request, ports).flatMap(
    ({ slack }) => slack.find(({ team }) => team === settings.teamId)?.user ?? [],
  );
  for (const user of users.slice(0, MOST_TOLD)) await publications.want(`${request.id}:dm:${user}`, request.revision);
}

interface Direct {
  readonly publication: Publication;
  readonly request: ApprovalRequest;
  readonly user: string;
}

async function draftDirect({ publication, request, user }: Direct, deps: DraftDeps): Promise<Draft | null> {
  const { posted, attempted, key } = publication;
  if (posted !== null) return { ...draftOf(publication, request, deps), channel: posted.channel, thread: null };
  if (request.state !== "waiting" && !attempted) {
    // Nobody need be told of what is over already.
    await deps.publications.forget(key);
    return null;
  }
  return { ...draftOf(publication, request, deps), channel: "", recipient: user, thread: null };
}

/** A reply under the request, or under the card in whose thread it stands. */
async function draftNote(publication: Publication, request: ApprovalRequest, deps: DraftDeps): Promise<Draft | null> {
  const posted = (await deps.publications.find(request.incidentId ?? request.id))?.posted ?? null;
  if (posted === null) return null;
  const since = request.decidedAt ?? request.expiresAt;
  const place = { channel: posted.channel, thread: posted.ts };
  const write: Draft["write"] = async (behindMinutes) => requestEndingNote(request, frameOf(behindMinutes, deps));
  return { publication, revision: request.revision, ...place, urgency: NOTE_URGENCY, since, write };
}

function draftOf(
  publication: Publication,
  request: ApprovalRequest,
  deps: DraftDeps,
): Omit<Draft, "channel" | "thread"> {
  const { registry } = deps.ports;
  return {
    publication,
    revision: request.revision,
    urgency: REQUEST_URGENCY,
    since: request.createdAt,
    write: async (behindMinutes) => {
      const fleet = await registry.expected().catch(() => null);
      const whoCan = whoMayApprove(request, deps.ports).map(({ name }) => name);
      const frame = frameOf(behindMinutes, deps);
      return requestMessage(request, { ...frame, fleetSize: fleet?.agents.length ?? null, whoCan });
    },
  };
}

const frameOf = (behindMinutes: number | null, { settings, ports }: DraftDeps): Frame => ({
  links: settings,
  now: ports.clock.now(),
  behindMinutes,
});
