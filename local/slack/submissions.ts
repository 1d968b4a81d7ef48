import { ActError, type ActingParts, FORM, failureOf, parseRecord, presentUser, wrap } from "./acting.ts";
import { validateView } from "./block-kit.ts";
import type { Ack } from "./delivery.ts";
import { APP_ID, isRecord, type Json, TEAM } from "./records.ts";
import { presentView, type View } from "./views.ts";

export interface Submission {
  readonly user: string;
  readonly view_id: string;
  /** Block id → action id → what the person entered, in Slack's shape. */
  readonly values: Json;
}

/** Submits a modal and does what the answer says. @returns the faults to show at the inputs, by block id */
export async function submitView(
  { user: id, view_id, values }: Submission,
  parts: ActingParts,
): Promise<{ ack: Ack; errors: Json }> {
  const view = findOpenView(id, view_id, parts);
  const payload = {
    ...viewPayload("view_submission", view, parts),
    view: presentView(view, values),
    trigger_id: parts.triggers.issue(id),
    response_urls: [],
  };
  const label = `submit · ${String(view.content.callback_id ?? view.id)}`;
  const [ack] = await parts.delivery.send({
    kind: "view_submission",
    label,
    user: id,
    contentType: FORM,
    body: wrap(payload),
  });
  if (ack === undefined) throw new Error("a delivery has an answer");
  const failure = failureOf(ack);
  if (failure !== null) return { ack, errors: { "": `We had some trouble connecting (${failure}). Try again?` } };
  return { ack, errors: applyViewAnswer(ack.body, view, parts) };
}

/** Closes a modal; the app hears of it if the view asked for that. */
export async function closeView(user: string, viewId: string, parts: ActingParts): Promise<Ack | null> {
  const view = findOpenView(user, viewId, parts);
  parts.views.close(view);
  if (view.content.notify_on_close !== true) return null;
  const payload = { ...viewPayload("view_closed", view, parts), view: presentView(view), is_cleared: false };
  const [ack] = await parts.delivery.send({
    kind: "view_closed",
    label: "close",
    user,
    contentType: FORM,
    body: wrap(payload),
  });
  return ack ?? null;
}

function applyViewAnswer(body: string, view: View, { views }: ActingParts): Json {
  const answer = parseRecord(body);
  const next = isRecord(answer.view) && validateView(answer.view).length === 0 ? answer.view : null;
  if (answer.response_action === "errors" && isRecord(answer.errors)) return answer.errors;
  if (answer.response_action === "clear") views.clear(view.user);
  else if (answer.response_action === "update" && next !== null) views.update(view, next);
  else if (answer.response_action === "push" && next !== null) views.push(view.user, next);
  else views.close(view);
  return {};
}

/** @throws ActError if the person does not see it */
export function findOpenView(user: string, id: string, { views }: ActingParts): View {
  const view = views.stack(user).find((each) => each.id === id);
  if (view === undefined) throw new ActError(`no open view ${id}`);
  return view;
}

/** What all requests of a view have in common. */
export function viewPayload(type: string, view: View, { workspace }: ActingParts): Json {
  const user = workspace.users.get(view.user);
  return {
    type,
    team: { id: TEAM.id, domain: TEAM.domain },
    user: user === undefined ? { id: view.user } : presentUser(user),
    api_app_id: APP_ID,
    token: "stand-in",
    enterprise: null,
    is_enterprise_install: false,
  };
}
