import { createSlackFiles } from "@rollcall/core/adapters/slack/files.ts";
import { createSlackClient } from "@rollcall/core/adapters/slack/web-client.ts";
import type { Logger } from "pino";
import type { Adapters } from "../adapters.ts";
import { createPictureRound } from "../slack/pictures.ts";
import type { SlackSettings } from "../slack/settings.ts";
import type { Loop, LoopOptions } from "./loop.ts";

interface PictureOptions {
  readonly adapters: Adapters;
  readonly slack: SlackSettings;
  readonly log: Logger;
  readonly when: () => boolean;
}

const PICTURES_MS = 3_000;
const CALL_MS = 5_000;

/** Draws what alerts are about into the threads of their cards; without Prometheus there is nothing to draw. */
export function pictureLoops(
  { adapters, slack, log, when }: PictureOptions,
  loop: (options: LoopOptions) => Loop,
): Loop[] {
  const { database, ports } = adapters;
  if (ports.figures === undefined) return [];
  // Its own client: a rate limit of uploads must not keep a card from being posted.
  const client = createSlackClient({ token: slack.botToken, apiUrl: slack.apiUrl, timeoutMs: CALL_MS });
  const round = createPictureRound({
    pictures: database.pictures,
    incidents: database.incidents,
    figures: ports.figures,
    files: createSlackFiles(client),
    clock: ports.clock,
    log: log.child({ part: "pictures" }),
  });
  return [loop({ name: "pictures", everyMs: PICTURES_MS, when, run: round })];
}
