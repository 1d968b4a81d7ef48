import { element, toast } from "../../stand-in/page/element.js";
import { call } from "./server.js";
import { state } from "./state.js";

/**
 * Fills a form in which a person types.
 * @param {HTMLFormElement} form
 * @param {{ placeholder: string, thread?: string }} options
 */
export function fillComposer(form, { placeholder, thread }) {
  const help = element("p", { class: "typing-help", id: thread === undefined ? "typing-help" : "thread-typing-help" });
  const input = element("textarea", {
    rows: 1,
    placeholder,
    "aria-label": placeholder,
    "aria-describedby": help.id,
    autocomplete: "off",
    spellcheck: "false",
  });
  const send = element("button", { type: "submit", class: "block-button primary" }, "Send");
  const said = [];
  input.addEventListener("input", () => {
    help.textContent = helpFor(input.value, thread);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "ArrowUp" && input.value === "" && said.length > 0) {
      event.preventDefault();
      input.value = said.at(-1);
    }
  });
  form.onsubmit = async (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    said.push(text);
    input.value = "";
    help.textContent = text.startsWith("/") ? `${text} sent, the app has three seconds to answer…` : "";
    await say(text, thread);
    if (input.value === "") help.textContent = "";
  };
  form.replaceChildren(help, element("div", { class: "composer-row" }, input, send));
  return input;
}

async function say(text, thread) {
  try {
    await call("say", {
      user: state.user,
      channel: state.channel,
      text,
      ...(thread === undefined ? {} : { thread_ts: thread }),
    });
  } catch (error) {
    toast(error.message);
  }
}

function helpFor(text, thread) {
  if (!text.startsWith("/")) return "";
  if (thread !== undefined) return "Slash commands do not work in threads; write @fleet and the same words.";
  return /^\/fleet\b/.test(text) ? "/fleet help shows what you may do" : "The app here answers to /fleet";
}
