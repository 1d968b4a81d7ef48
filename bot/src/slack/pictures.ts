import { renderPng } from "@rollcall/core/adapters/resvg/render-png.ts";
import type { SlackFiles } from "@rollcall/core/adapters/slack/files.ts";
import { drawChart } from "@rollcall/core/charts/draw-chart.ts";
import type { Chart } from "@rollcall/core/domain/chart.ts";
import type { Incident } from "@rollcall/core/domain/incident.ts";
import { pictureWords } from "@rollcall/core/domain/report.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { Figures } from "@rollcall/core/ports/figures.ts";
import type { Incidents } from "@rollcall/core/ports/incidents.ts";
import type { Pictures, WantedPicture } from "@rollcall/core/ports/pictures.ts";
import type { SlackLog } from "./settings.ts";

export interface PictureDeps {
  readonly pictures: Pictures;
  readonly incidents: Pick<Incidents, "find">;
  readonly figures: Pick<Figures, "alertChart">;
  readonly files: SlackFiles;
  readonly clock: Clock;
  readonly log: SlackLog;
}

/** A storm folds into ten cards; their pictures follow within a few rounds. */
const AT_ONCE = 5;
/** Handed over three times and never seen: Slack does not want it. */
const ATTEMPTS = 3;

/**
 * One look at all cards without a picture. Cards are posted by the publisher and never wait for this: what fails here leaves a
 * card without its picture and is tried again in the next round.
 * @returns a round; it throws, after all had their turn, when figures or rows cannot be read
 */
export function createPictureRound(deps: PictureDeps): () => Promise<void> {
  let restUntil = 0;
  return async () => {
    if (deps.clock.now() < restUntil) return;
    const failed: unknown[] = [];
    for (const wanted of await deps.pictures.wanted(AT_ONCE)) {
      const seconds = await providePicture(wanted, deps).catch((error: unknown) => {
        failed.push(error);
        return 0;
      });
      restUntil = deps.clock.now() + seconds * 1000;
      if (seconds > 0) return;
    }
    if (failed.length > 0) throw failed[0];
  };
}

/** @returns seconds for which Slack wants to be left in peace */
async function providePicture(wanted: WantedPicture, deps: PictureDeps): Promise<number> {
  const name = `${wanted.incident}.png`;
  if (wanted.attempts > 0) {
    const earlier = await deps.files.find({ ...wanted, name });
    if (earlier.kind === "done") await deps.pictures.settle(wanted.incident, earlier.ts);
    if (earlier.kind !== "gone") return earlier.kind === "later" ? earlier.seconds : 0;
  }
  if (wanted.attempts >= ATTEMPTS) await giveUp(wanted, "it never arrives", deps);
  else return await draw(wanted, name, deps);
  return 0;
}

async function draw(wanted: WantedPicture, name: string, deps: PictureDeps): Promise<number> {
  const incident = await deps.incidents.find(wanted.incident);
  const chart = incident === null ? null : await deps.figures.alertChart(chartedAlerts(incident));
  if (chart !== null) return await share({ wanted, chart, name }, deps);
  await deps.pictures.settle(wanted.incident, null);
  return 0;
}

async function share(
  { wanted, chart, name }: { wanted: WantedPicture; chart: Chart; name: string },
  deps: PictureDeps,
): Promise<number> {
  const png = await renderPng(drawChart(chart));
  if (!(await deps.pictures.begin(wanted))) return 0;
  const { title } = chart;
  const outcome = await deps.files.share({ ...wanted, name, title, words: pictureWords(chart), content: png });
  if (outcome.kind === "refused") await giveUp(wanted, outcome.why, deps);
  return outcome.kind === "later" ? outcome.seconds : 0;
}

async function giveUp(wanted: WantedPicture, why: string, { pictures, log }: PictureDeps): Promise<void> {
  log.warn({ key: wanted.incident, why }, "Slack takes no picture of an alert");
  await pictures.settle(wanted.incident, null);
}

/** Those of the name that the incident has, which still fire. */
const chartedAlerts = ({ alerts, alertname }: Incident): Incident["alerts"] =>
  alerts.filter((alert) => alert.firing && alert.alertname === alertname);
