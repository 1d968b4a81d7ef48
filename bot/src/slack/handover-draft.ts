import { isFailure } from "@rollcall/core/domain/failure.ts";
import { plainReport, type Report } from "@rollcall/core/domain/report.ts";
import type { Publication } from "@rollcall/core/ports/publications.ts";
import { makeReport, type ReportPorts } from "@rollcall/core/reports/make-report.ts";
import type { DraftDeps } from "./draft-deps.ts";
import type { Draft } from "./publish.ts";
import { reportMessage } from "./render/report.ts";

/** Whatever fires is told first. */
const URGENCY = 5;
const KEY = /^handover-(\d{1,16})$/;

/** Key of the one message of a day: which 08:30 it is of, ms since the epoch. */
export const handoverKey = (at: number): string => `handover-${at}`;
export const isHandoverKey = (key: string): boolean => KEY.test(key);

/** The hand-over of the day up to 08:30, however late it is written. */
export function draftOfHandover(publication: Publication, { ports, settings }: DraftDeps): Draft {
  const at = Number(KEY.exec(publication.key)?.[1]);
  return {
    ...{ publication, revision: publication.revision, channel: settings.opsChannel, thread: null, urgency: URGENCY },
    since: at,
    write: async () => reportMessage(await handoverOrWhyNot({ ...ports, clock: { now: () => at } })),
  };
}

/** What cannot be made must not hold back the messages behind it. */
async function handoverOrWhyNot(ports: ReportPorts): Promise<Report> {
  try {
    return await makeReport("handover", ports);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return plainReport(`❔ *Hand-over* could not be made — ${error.message}`, ["Later: /fleet report handover"]);
  }
}
