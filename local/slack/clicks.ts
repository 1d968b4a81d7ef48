import { ActError, type ActingParts, FORM, failureOf, findPlace, presentUser, tell, wrap } from "./acting.ts";
import { elementsOf } from "./block-kit.ts";
import type { Ack } from "./delivery.ts";
import { presentMessage } from "./present.ts";
import { APP_ID, isRecord, type Json, TEAM } from "./records.ts";
import { findOpenView, viewPayload } from "./submissions.ts";
import { presentView } from "./views.ts";

export interface Click {
  readonly user: string;
  readonly channel: string;
  readonly ts: string;
  readonly action_id: string;
  readonly block_id?: string | undefined;
  /** What was chosen in a menu: an option's `value`, or an id or a date. */
  readonly value?: string | undefined;
  readonly times?: number | undefined;
}

/** Presses a button or chooses from a menu of a message. */
export async function click(clicked: Click, parts: ActingParts): Promise<Ack[]> {
  const { user, channel } = findPlace(clicked.user, clicked.channel, parts);
  const { workspace } = parts;
  const ephemeral = workspace.findEphemeral(channel.id, clicked.ts);
  const message = ephemeral ?? workspace.find(channel.id, clicked.ts);
  if (message === undefined || (message.visible_to ?? user.id) !== user.id)
    throw new ActError(`no message ${clicked.ts} in ${channel.name}`);
  const { block, element } = findElement(message.blocks, clicked);
  const isEphemeral = ephemeral !== undefined;
  const target = {
    channel: channel.id,
    user: user.id,
    thread_ts: message.thread_ts,
    message: { ts: message.ts, ephemeral: isEphemeral },
  };
  const payload = {
    type: "block_actions",
    user: presentUser(user),
    api_app_id: APP_ID,
    token: "stand-in",
    container: {
      type: "message",
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...(message.thread_ts === null ? {} : { thread_ts: message.thread_ts }),
    },
    trigger_id: parts.triggers.issue(user.id),
    team: { id: TEAM.id, domain: TEAM.domain },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: channel.id, name: channel.name },
    ...(isEphemeral ? {} : { message: presentMessage(message, workspace) }),
    state: { values: {} },
    response_url: `${parts.url}/actions/${TEAM.id}/${parts.responseUrls.issue(target)}`,
    actions: [{ ...describeAction(element, clicked.value), block_id: block.block_id, action_ts: workspace.nextTs() }],
  };
  const label = `${labelOf(element)} · ${clicked.action_id}`;
  const acks = await parts.delivery.send(
    { kind: "block_actions", label, user: user.id, contentType: FORM, body: wrap(payload) },
    clicked.times,
  );
  for (const ack of acks) {
    const failure = failureOf(ack);
    if (failure !== null)
      tell(
        parts,
        { user: user.id, channel: channel.id, thread: message.thread_ts },
        `"${labelOf(element)}" failed with the error "${failure}"`,
      );
  }
  return acks;
}

/** Presses a button inside an open modal. */
export async function clickInView(
  clicked: Omit<Click, "channel" | "ts"> & { view_id: string },
  parts: ActingParts,
): Promise<Ack[]> {
  const view = findOpenView(clicked.user, clicked.view_id, parts);
  const blocks = Array.isArray(view.content.blocks) ? view.content.blocks.filter(isRecord) : [];
  const { block, element } = findElement(blocks, clicked);
  const payload = {
    ...viewPayload("block_actions", view, parts),
    container: { type: "view", view_id: view.id },
    trigger_id: parts.triggers.issue(clicked.user),
    view: presentView(view),
    actions: [
      { ...describeAction(element, clicked.value), block_id: block.block_id, action_ts: parts.workspace.nextTs() },
    ],
  };
  const label = `${labelOf(element)} · ${clicked.action_id}`;
  return parts.delivery.send(
    { kind: "block_actions", label, user: clicked.user, contentType: FORM, body: wrap(payload) },
    clicked.times,
  );
}

function findElement(
  blocks: readonly Json[],
  { action_id, block_id }: Pick<Click, "action_id" | "block_id">,
): { block: Json; element: Json } {
  for (const block of blocks) {
    if (block_id !== undefined && block.block_id !== block_id) continue;
    for (const [path, element] of elementsOf(block)) {
      if (path.length > 0 && element.action_id === action_id) return { block, element };
    }
  }
  throw new ActError(`no element ${action_id} in this message now`);
}

/** What the app hears of an element: its id, its kind, and what was chosen. */
function describeAction(element: Json, value: string | undefined): Json {
  const base = { type: element.type, action_id: element.action_id };
  const withConfirm = element.confirm === undefined ? base : { ...base, confirm: element.confirm };
  const type = String(element.type);
  if (type === "button") {
    return { ...withConfirm, text: element.text, ...pick(element, ["value", "style", "url"]) };
  }
  const chosenKey = {
    users_select: "selected_user",
    channels_select: "selected_channel",
    conversations_select: "selected_conversation",
    datepicker: "selected_date",
    timepicker: "selected_time",
  }[type];
  if (chosenKey !== undefined) return { ...withConfirm, [chosenKey]: value };
  const option = optionsOf(element).find((each) => each.value === value);
  if (option === undefined) throw new ActError(`no option ${value ?? "(none given)"} in ${String(element.action_id)}`);
  const isSeveral = type === "checkboxes" || type.startsWith("multi_");
  return { ...withConfirm, ...(isSeveral ? { selected_options: [option] } : { selected_option: option }) };
}

function optionsOf(element: Json): Json[] {
  const groups = Array.isArray(element.option_groups) ? element.option_groups.filter(isRecord) : [];
  return [element, ...groups].flatMap(({ options }) => (Array.isArray(options) ? options.filter(isRecord) : []));
}

const pick = (from: Json, keys: readonly string[]): Json =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));

const labelOf = (element: Json): string => (isRecord(element.text) ? String(element.text.text) : String(element.type));
