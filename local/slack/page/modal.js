import { element, toast } from "../../stand-in/page/element.js";
import { drawBlocks } from "./blocks.js";
import { plain } from "./mrkdwn.js";
import { call } from "./server.js";
import { state } from "./state.js";

let dialog = null;
let shown = "";

/** Shows the topmost modal of the chosen person, or none. */
export async function drawModal() {
  const { user } = state;
  const { stack } = await call(`views?${new URLSearchParams({ user })}`);
  const view = stack.at(-1);
  if (view === undefined) {
    shown = "";
    dialog?.remove();
    dialog = null;
    return;
  }
  const version = `${view.id} ${view.hash}`;
  if (version === shown) return;
  shown = version;
  const values = dialog === null ? {} : readValues(dialog);
  dialog?.remove();
  dialog = drawView(view);
  document.body.append(dialog);
  dialog.showModal();
  restore(dialog, values);
}

function drawView(view) {
  const form = element(
    "form",
    { method: "dialog", novalidate: true },
    element("h2", {}, plain(view.title.text)),
    ...drawBlocks(view.blocks, (action) => press(view, action)),
    element("p", { class: "fault", id: "view-fault", role: "alert" }),
    element(
      "div",
      { class: "dialog-buttons" },
      element(
        "button",
        { type: "button", class: "block-button", onclick: () => close(view) },
        plain(view.close?.text ?? "Cancel"),
      ),
      view.submit
        ? element("button", { type: "submit", class: "block-button primary" }, plain(view.submit.text))
        : null,
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(view, form);
  });
  return element(
    "dialog",
    {
      class: "view",
      "aria-label": view.title.text,
      oncancel: (event) => {
        event.preventDefault();
        void close(view);
      },
    },
    form,
  );
}

async function submit(view, form) {
  form.setAttribute("aria-busy", "true");
  try {
    const { errors } = await call("submit", { user: state.user, view_id: view.id, values: readValues(form) });
    for (const node of form.querySelectorAll(".fault")) node.textContent = "";
    for (const [block, words] of Object.entries(errors)) faultNode(form, block).textContent = words;
  } catch (error) {
    toast(error.message);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

const faultNode = (form, block) =>
  form.querySelector(`.input-block[data-block="${CSS.escape(block)}"] .fault`) ?? form.querySelector("#view-fault");

async function press(view, action) {
  await call("click-view", { user: state.user, view_id: view.id, ...action }).catch((error) => toast(error.message));
}

async function close(view) {
  await call("close-view", { user: state.user, view_id: view.id }).catch((error) => toast(error.message));
}

/** What was entered: block id → action id → value, as Slack hands it over. */
function readValues(root) {
  const values = {};
  for (const node of root.querySelectorAll("[data-input]")) {
    const { block, action } = node.dataset;
    values[block] ??= {};
    values[block][action] = readValue(node);
  }
  return values;
}

const entered = ({ value }) => (value === "" ? null : value);
const chosenIn = (node) =>
  [...node.querySelectorAll("input:checked")].map((input) => ({
    text: { type: "plain_text", text: input.parentElement.textContent.trim() },
    value: input.value,
  }));

const READ = {
  datepicker: (node) => ({ selected_date: entered(node) }),
  timepicker: (node) => ({ selected_time: entered(node) }),
  datetimepicker: (node) => ({ selected_date_time: node.value === "" ? null : Date.parse(node.value) / 1000 }),
  users_select: (node) => ({ selected_user: entered(node) }),
  channels_select: (node) => ({ selected_channel: entered(node) }),
  conversations_select: (node) => ({ selected_conversation: entered(node) }),
  static_select: (node) => ({ selected_option: node.value === "" ? null : optionOf(node.selectedOptions[0]) }),
  multi_static_select: (node) => ({ selected_options: [...node.selectedOptions].map(optionOf) }),
  multi_users_select: (node) => ({ selected_users: [...node.selectedOptions].map(({ value }) => value) }),
  checkboxes: (node) => ({ selected_options: chosenIn(node) }),
  radio_buttons: (node) => ({ selected_option: chosenIn(node)[0] ?? null }),
};

function readValue(node) {
  const type = node.dataset.input;
  return { type, ...(READ[type]?.(node) ?? { value: entered(node) }) };
}

const optionOf = ({ text, value }) => ({ text: { type: "plain_text", text }, value });

/** Typed text outlives an update of the view. */
function restore(root, values) {
  for (const node of root.querySelectorAll("input[data-input], textarea[data-input]")) {
    const kept = values[node.dataset.block]?.[node.dataset.action]?.value;
    if (typeof kept === "string") node.value = kept;
  }
}
