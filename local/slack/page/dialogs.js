import { element } from "../../stand-in/page/element.js";
import { mrkdwn, plain } from "./mrkdwn.js";

/** Asks as Slack does before a dangerous button. @returns {Promise<boolean>} */
export function askConfirm({ title, text, confirm, deny, style = "primary" }) {
  const { promise, resolve } = Promise.withResolvers();
  const answer = (value) => () => {
    dialog.close();
    resolve(value);
  };
  const dialog = element(
    "dialog",
    { class: "confirm", "aria-labelledby": "confirm-title", oncancel: answer(false) },
    element("h2", { id: "confirm-title" }, plain(title.text)),
    element("p", { class: "text" }, ...(text.type === "mrkdwn" ? mrkdwn(text.text) : [plain(text.text)])),
    element(
      "div",
      { class: "dialog-buttons" },
      // The harmless answer has the focus.
      element(
        "button",
        { type: "button", class: "block-button", autofocus: true, onclick: answer(false) },
        plain(deny.text),
      ),
      element("button", { type: "button", class: `block-button ${style}`, onclick: answer(true) }, plain(confirm.text)),
    ),
  );
  show(dialog);
  return promise;
}

/** Shows a dialog and takes it away once it is closed. */
export function show(dialog) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
