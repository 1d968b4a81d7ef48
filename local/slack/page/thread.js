import { byId, element } from "../../stand-in/page/element.js";
import { fillComposer } from "./composer.js";
import { drawMessages } from "./message-list.js";
import { state } from "./state.js";

let shown = null;

/** Shows the thread of the selected message beside the channel. */
export function drawThread() {
  const panel = byId("thread");
  const root = state.messages.find(({ ts }) => ts === state.thread);
  panel.hidden = root === undefined;
  document.body.classList.toggle("with-thread", !panel.hidden);
  if (root === undefined) {
    shown = null;
    return;
  }
  if (shown !== `${state.channel} ${state.thread}`) openPanel(panel);
  const replies = state.messages.filter(({ thread_ts }) => thread_ts === state.thread);
  const scroll = panel.querySelector(".scroll");
  const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  drawMessages(
    panel.querySelector("ol"),
    [root, ...replies].map((message) => ({ message, replies: [] })),
    {},
  );
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
}

function openPanel(panel) {
  shown = `${state.channel} ${state.thread}`;
  const close = () => {
    const { thread } = state;
    state.thread = null;
    drawThread();
    byId("messages")
      .querySelector(`[data-ts="${CSS.escape(thread)}"] .plain:last-child`)
      ?.focus();
  };
  const composer = element("form", { class: "composer" });
  panel.replaceChildren(
    element(
      "div",
      { class: "thread-head" },
      element("h2", {}, "Thread"),
      element("button", { type: "button", class: "block-button", "aria-label": "Close thread", onclick: close }, "✕"),
    ),
    element("div", { class: "scroll" }, element("ol", { class: "messages" })),
    composer,
  );
  panel.onkeydown = (event) => event.key === "Escape" && close();
  fillComposer(composer, { placeholder: "Reply in thread", thread: state.thread });
}
