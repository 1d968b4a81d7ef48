import { isFailure } from "@rollcall/core/domain/failure.ts";
import { mayAsk, rightsOf } from "@rollcall/core/policy.ts";
import type { Desk } from "./desk.ts";
import { findCommand } from "./find-command.ts";
import { bareMessage } from "./render/asking.ts";
import { pickedIncident, pickIncidentView, pickRefused } from "./render/pick-incident-view.ts";
import { answerView, orderOf } from "./render/reason-view.ts";
import { withWords } from "./render/text-view.ts";
import { answerInWindow, refused, type Submitted } from "./submit-reason.ts";
import { readTypedText } from "./typed-text.ts";

/** As the manifest names the shortcut. */
export const ADD_TO_INCIDENT = "add-to-incident";
const NOTE = "incident-note";
const TITLE = "Add to incident";

const ENDED_MS = 30 * 86_400_000;
const MOST_ENDED = 50;
const MOST_CHARACTERS = 2000;

interface Chosen {
  readonly team: string;
  readonly user: string;
  readonly channel: string;
  readonly message: { readonly ts: string; readonly thread: string | null; readonly text: string };
  /** What Slack opens a window with, three seconds long. */
  readonly trigger: string;
}

/** "Add to incident" in the menu of a message: a window asks to which, and shows the words to be mended. */
export async function addToIncident({ team, user, channel, message, trigger }: Chosen, desk: Desk): Promise<void> {
  const view = await viewFor({ team, user, channel, message }, desk);
  const opened = await desk.answers.chat.openWindow(trigger, view);
  if (opened.kind !== "done") desk.log.warn({ outcome: opened.kind }, "a window could not be opened");
}

async function viewFor({ team, user, channel, message }: Omit<Chosen, "trigger">, desk: Desk) {
  const { ports, commands, publications } = desk;
  const command = findCommand(commands, NOTE);
  const { actor } = await desk.identify(team, user);
  if (command === undefined || !mayAsk({ actor, command, ...rightsOf(ports) }))
    return says("🚫 Not done: you may not add notes. `/fleet whoami` says what you may do.");
  try {
    const [open, ended, key] = await Promise.all([
      ports.incidents.open(),
      ports.incidents.ended(ports.clock.now() - ENDED_MS, MOST_ENDED),
      publications.keyAt({ channel, ts: message.thread ?? message.ts }),
    ]);
    const incidents = [...open, ...ended];
    if (incidents.length === 0)
      return says('Nothing fires, and nothing has in 30 days. Open one: `/fleet incident open "what is wrong"`');
    const named = key?.split(":")[0] ?? null;
    return pickIncidentView(incidents, named, readTypedText(message.text).slice(0, MOST_CHARACTERS));
  } catch (error) {
    if (!isFailure(error)) throw error;
    return says(`🚫 Not done: ${error.message}.`);
  }
}

const says = (words: string) => answerView(bareMessage(words), TITLE);

/** It was chosen and mended: a note like any other. */
export async function submitToIncident(submitted: Submitted, desk: Desk): Promise<void> {
  const { view, ack } = submitted;
  const carried = orderOf(view.private_metadata);
  const alert = pickedIncident(view.state.values);
  if (carried === null || carried.command !== NOTE)
    return await ack(refused("This window is not one of mine. Nothing was done."));
  if (alert === null) return await ack({ response_action: "errors", errors: pickRefused("Choose the incident.") });
  const { order, missing } = withWords({ ...carried, input: { alert } }, view.state.values);
  if (missing !== null)
    return await ack({ response_action: "errors", errors: { [missing]: "Nothing is written here yet." } });
  await answerInWindow(order, submitted, { desk, title: TITLE });
}
