import { z } from "zod";

// Limits: Slack's Block Kit reference, collected in slackblocks' spec/limits.json. Lengths are code points.

/** A string of `min` to `max` code points. */
export function text(max: number, min = 1): z.ZodString {
  return z.string().check((context) => {
    const length = [...context.value].length;
    if (length < min) context.issues.push(fault(context.value, `must be more than ${min - 1} characters`));
    if (length > max) context.issues.push(fault(context.value, `must be less than ${max + 1} characters`));
  });
}

/** A list of `min` to `max` items. */
export function list<Item extends z.ZodType>(item: Item, max: number, min = 1): z.ZodArray<Item> {
  return z.array(item).check((context) => {
    const { length } = context.value;
    if (length < min) context.issues.push(fault(context.value, `no fewer than ${min} items allowed`));
    if (length > max) context.issues.push(fault(context.value, `no more than ${max} items allowed`));
  });
}

const fault = (input: unknown, message: string) => ({ code: "custom" as const, input, message });

const url = z.string().check((context) => {
  if ([...context.value].length > 3000) context.issues.push(fault(context.value, "must be less than 3001 characters"));
  if (!/^(https?|mailto|slack):/i.test(context.value)) context.issues.push(fault(context.value, "must be a valid URL"));
});

export const plainText = (max: number) =>
  z.strictObject({ type: z.literal("plain_text"), text: text(max), emoji: z.boolean().optional() });

const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal("mrkdwn"), text: text(max), verbatim: z.boolean().optional() });

const anyText = (max: number) => z.discriminatedUnion("type", [plainText(max), mrkdwn(max)]);

const confirm = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(["primary", "danger"]).optional(),
});

const actionId = text(255).optional();
const focus = z.boolean().optional();
const acts = { action_id: actionId, confirm: confirm.optional() };

const button = z.strictObject({
  type: z.literal("button"),
  text: plainText(75),
  url: url.optional(),
  value: text(2000).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  accessibility_label: text(75).optional(),
  ...acts,
});

const option = z.strictObject({
  text: plainText(75),
  value: text(150),
  description: plainText(75).optional(),
});
const markedOption = option.extend({ text: anyText(75), description: anyText(75).optional() });
const linkedOption = option.extend({ text: anyText(75), url: url.optional() });
const groups = list(z.strictObject({ label: plainText(75), options: list(option, 100) }), 100);

const overflow = z.strictObject({ type: z.literal("overflow"), options: list(linkedOption, 5), ...acts });

const menu = { placeholder: plainText(150).optional(), focus_on_load: focus, ...acts };
const several = { ...menu, max_selected_items: z.int().min(1).optional() };
const choices = { options: list(option, 100).optional(), option_groups: groups.optional() };
const filter = z.strictObject({
  include: z.array(z.enum(["im", "mpim", "private", "public"])).optional(),
  exclude_external_shared_channels: z.boolean().optional(),
  exclude_bot_users: z.boolean().optional(),
});

const selects = [
  z.strictObject({ type: z.literal("static_select"), initial_option: option.optional(), ...choices, ...menu }),
  z.strictObject({ type: z.literal("external_select"), min_query_length: z.int().optional(), ...menu }),
  z.strictObject({ type: z.literal("users_select"), initial_user: z.string().optional(), ...menu }),
  z.strictObject({ type: z.literal("channels_select"), initial_channel: z.string().optional(), ...menu }),
  z.strictObject({
    type: z.literal("conversations_select"),
    initial_conversation: z.string().optional(),
    default_to_current_conversation: z.boolean().optional(),
    response_url_enabled: z.boolean().optional(),
    filter: filter.optional(),
    ...menu,
  }),
] as const;

const multiSelects = [
  z.strictObject({
    type: z.literal("multi_static_select"),
    initial_options: z.array(option).optional(),
    ...choices,
    ...several,
  }),
  z.strictObject({
    type: z.literal("multi_users_select"),
    initial_users: z.array(z.string()).optional(),
    ...several,
  }),
] as const;

const pickers = [
  z.strictObject({
    type: z.literal("datepicker"),
    initial_date: z.iso.date().optional(),
    placeholder: plainText(150).optional(),
    focus_on_load: focus,
    ...acts,
  }),
  z.strictObject({
    type: z.literal("timepicker"),
    initial_time: z
      .string()
      .regex(/^\d\d:\d\d$/)
      .optional(),
    timezone: z.string().optional(),
    placeholder: plainText(150).optional(),
    focus_on_load: focus,
    ...acts,
  }),
  z.strictObject({
    type: z.literal("datetimepicker"),
    initial_date_time: z.int().optional(),
    focus_on_load: focus,
    ...acts,
  }),
  z.strictObject({
    type: z.literal("checkboxes"),
    options: list(markedOption, 10),
    initial_options: z.array(markedOption).optional(),
    focus_on_load: focus,
    ...acts,
  }),
  z.strictObject({
    type: z.literal("radio_buttons"),
    options: list(markedOption, 10),
    initial_option: markedOption.optional(),
    focus_on_load: focus,
    ...acts,
  }),
] as const;

const typed = {
  action_id: actionId,
  placeholder: plainText(150).optional(),
  focus_on_load: focus,
  dispatch_action_config: z
    .strictObject({ trigger_actions_on: z.array(z.enum(["on_enter_pressed", "on_character_entered"])) })
    .optional(),
};
const inputs = [
  z.strictObject({
    type: z.literal("plain_text_input"),
    initial_value: text(3000, 0).optional(),
    multiline: z.boolean().optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
    ...typed,
  }),
  z.strictObject({
    type: z.literal("number_input"),
    is_decimal_allowed: z.boolean(),
    initial_value: z.string().optional(),
    min_value: z.string().optional(),
    max_value: z.string().optional(),
    ...typed,
  }),
  z.strictObject({
    type: z.literal("email_text_input"),
    initial_value: z.string().optional(),
    ...typed,
  }),
  z.strictObject({ type: z.literal("url_text_input"), initial_value: z.string().optional(), ...typed }),
] as const;

const image = z.strictObject({
  type: z.literal("image"),
  image_url: url.optional(),
  slack_file: z.strictObject({ id: z.string().optional(), url: url.optional() }).optional(),
  alt_text: text(2000),
});

const blockId = { block_id: text(255).optional() };

export const blockShapes = [
  z.strictObject({
    type: z.literal("section"),
    text: anyText(3000).optional(),
    fields: list(anyText(2000), 10).optional(),
    accessory: z
      .discriminatedUnion("type", [button, overflow, image, ...selects, ...multiSelects, ...pickers])
      .optional(),
    expand: z.boolean().optional(),
    ...blockId,
  }),
  z.strictObject({ type: z.literal("divider"), ...blockId }),
  z.strictObject({ type: z.literal("header"), text: plainText(150), ...blockId }),
  z.strictObject({
    type: z.literal("context"),
    elements: list(z.discriminatedUnion("type", [plainText(3000), mrkdwn(3000), image]), 10),
    ...blockId,
  }),
  z.strictObject({
    type: z.literal("actions"),
    elements: list(z.discriminatedUnion("type", [button, overflow, ...selects, ...pickers]), 25),
    ...blockId,
  }),
  image.extend({ title: plainText(2000).optional(), ...blockId }),
  z.strictObject({
    type: z.literal("input"),
    label: plainText(2000),
    hint: plainText(2000).optional(),
    element: z.discriminatedUnion("type", [...inputs, ...selects, ...multiSelects, ...pickers]),
    optional: z.boolean().optional(),
    dispatch_action: z.boolean().optional(),
    ...blockId,
  }),
  z.strictObject({ type: z.literal("markdown"), text: text(12_000), ...blockId }),
  z.strictObject({ type: z.literal("alert"), text: anyText(200), level: z.string().optional(), ...blockId }),
  z.strictObject({ type: z.literal("rich_text"), elements: z.array(z.looseObject({ type: z.string() })), ...blockId }),
] as const;

const EVERYWHERE = ["section", "divider", "header", "context", "actions", "image", "input", "rich_text"];

/** Where Block Kit can stand: how many blocks of which types. */
export const SURFACES = {
  message: { blocks: 50, types: new Set([...EVERYWHERE, "markdown"]) },
  modal: { blocks: 100, types: new Set([...EVERYWHERE, "alert"]) },
  home: { blocks: 100, types: new Set(EVERYWHERE) },
} as const;

const shared = {
  blocks: z.unknown(),
  private_metadata: text(3000, 0).optional(),
  callback_id: text(255, 0).optional(),
  external_id: text(255, 0).optional(),
};

/** Everything of a view but its blocks. */
export const viewShape = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("modal"),
    title: plainText(24),
    close: plainText(24).optional(),
    submit: plainText(24).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    submit_disabled: z.boolean().optional(),
    ...shared,
  }),
  z.strictObject({ type: z.literal("home"), ...shared }),
]);
