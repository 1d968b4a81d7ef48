import { element } from "../../stand-in/page/element.js";
import { askConfirm } from "./dialogs.js";
import { plain } from "./mrkdwn.js";
import { channelName, state } from "./state.js";

/** A button or menu; `act` is called once the person has confirmed. */
export function actingElement(definition, blockId, act) {
  const run = async (value, node) => {
    if (definition.confirm !== undefined && !(await askConfirm(definition.confirm))) return false;
    await act({ action_id: definition.action_id, block_id: blockId, value }, node);
    return true;
  };
  if (definition.type === "button") return button(definition, run);
  if (definition.type === "overflow") return overflow(definition, run);
  const menu = inputElement(definition, blockId);
  menu.addEventListener("change", async () => {
    const done = await run(menu.value, menu);
    if (!done && menu.matches("select")) menu.value = "";
  });
  return menu;
}

function button(definition, run) {
  const node = element(
    "button",
    {
      type: "button",
      class: `block-button ${definition.style ?? ""}`,
      "data-action": definition.action_id,
      "aria-label": definition.accessibility_label,
      onclick: () => {
        if (definition.url !== undefined) window.open(definition.url, "_blank", "noreferrer");
        return run(undefined, node);
      },
    },
    plain(definition.text.text),
  );
  return node;
}

let menus = 0;

function overflow(definition, run) {
  menus += 1;
  const id = `menu-${menus}`;
  const list = element("div", { id, class: "menu", role: "menu", popover: "auto" });
  const opener = element(
    "button",
    {
      type: "button",
      class: "block-button more",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      popovertarget: id,
      "data-action": definition.action_id,
    },
    "⋯",
  );
  list.append(
    ...definition.options.map((option) =>
      element(
        "button",
        {
          type: "button",
          role: "menuitem",
          onclick: () => {
            list.hidePopover();
            if (option.url !== undefined) window.open(option.url, "_blank", "noreferrer");
            return run(option.value, opener);
          },
        },
        plain(option.text.text),
      ),
    ),
  );
  list.addEventListener("toggle", ({ newState }) => {
    opener.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "open") placeMenu(list, opener);
  });
  list.addEventListener("keydown", (event) => moveInMenu(event, list));
  return element("span", { class: "overflow" }, opener, list);
}

function placeMenu(list, opener) {
  const { right, bottom, top } = opener.getBoundingClientRect();
  const below = bottom + list.offsetHeight + 8 < innerHeight;
  list.style.top = `${below ? bottom + 4 : Math.max(8, top - list.offsetHeight - 4)}px`;
  list.style.left = `${Math.max(8, Math.min(right - list.offsetWidth, innerWidth - list.offsetWidth - 8))}px`;
  list.querySelector("button")?.focus();
}

function moveInMenu(event, list) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = [...list.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length].focus();
}

const INPUTS = {
  plain_text_input: (definition) =>
    element(definition.multiline ? "textarea" : "input", {
      type: definition.multiline ? undefined : "text",
      rows: 4,
      minlength: definition.min_length,
      maxlength: definition.max_length,
    }),
  number_input: () => element("input", { type: "number", step: "any" }),
  email_text_input: () => element("input", { type: "email" }),
  url_text_input: () => element("input", { type: "url" }),
  datepicker: () => element("input", { type: "date" }),
  timepicker: () => element("input", { type: "time" }),
  datetimepicker: () => element("input", { type: "datetime-local" }),
  checkboxes: (definition) => optionGroup(definition, "checkbox"),
  radio_buttons: (definition) => optionGroup(definition, "radio"),
};

/** A field of a form, with its first value. */
export function inputElement(definition, blockId) {
  const node = (INPUTS[definition.type] ?? menuOf)(definition);
  node.dataset.input = definition.type;
  node.dataset.block = blockId;
  node.dataset.action = definition.action_id;
  if (definition.placeholder !== undefined && node.matches("input, textarea"))
    node.placeholder = plain(definition.placeholder.text);
  const initial = definition.initial_value ?? definition.initial_date ?? definition.initial_time;
  if (initial !== undefined) node.value = initial;
  return node;
}

function menuOf(definition) {
  const placeholder = plain(definition.placeholder?.text ?? "Choose");
  const node = element("select", { "aria-label": placeholder, multiple: definition.type.startsWith("multi_") });
  if (!node.multiple) node.append(element("option", { value: "" }, placeholder));
  const groups = definition.option_groups ?? [];
  const entry = ({ text, value }) => element("option", { value }, plain(text.text));
  node.append(
    ...choicesOf(definition).map(entry),
    ...groups.map(({ label, options }) => element("optgroup", { label: plain(label.text) }, ...options.map(entry))),
  );
  const initial = definition.initial_option?.value ?? definition.initial_user ?? definition.initial_conversation;
  if (initial !== undefined) node.value = initial;
  return node;
}

function choicesOf({ type, options = [] }) {
  if (type.includes("users_select")) {
    return [...state.users.values()]
      .filter((user) => !user.is_bot)
      .map((user) => ({ value: user.id, text: { text: user.real_name } }));
  }
  if (/channels|conversations/.test(type)) {
    return state.channels
      .filter(({ kind }) => kind !== "im")
      .map((channel) => ({ value: channel.id, text: { text: channelName(channel) } }));
  }
  return options;
}

function optionGroup({ options, initial_option: one, initial_options: several = [], action_id: name }, type) {
  const chosen = new Set([one, ...several].filter(Boolean).map(({ value }) => value));
  return element(
    "fieldset",
    { class: "choices" },
    ...options.map(({ text, value }) =>
      element("label", {}, element("input", { type, name, value, checked: chosen.has(value) }), " ", plain(text.text)),
    ),
  );
}
