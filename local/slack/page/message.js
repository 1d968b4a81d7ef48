import { element, toast } from "../../stand-in/page/element.js";
import { drawBlocks } from "./blocks.js";
import { clockTime, dayOf, fullTime, preciseTime } from "./dates.js";
import { show } from "./dialogs.js";
import { mrkdwn } from "./mrkdwn.js";
import { call } from "./server.js";
import { nameOf, state } from "./state.js";

/** What makes a message look another way; a list draws again only what changed. */
export const versionOf = (message, replies) =>
  JSON.stringify([message.edited, message.reactions, replies.map(({ ts }) => ts), state.user]);

/**
 * One message.
 * @param {object} message
 * @param {{ replies: object[], openThread?: (ts: string) => void }} options
 */
export function drawMessage(message, { replies, openThread }) {
  const name = nameOf(message.user);
  return element(
    "li",
    {
      class: message.visible_to === null ? "message" : "message ephemeral",
      "data-ts": message.ts,
      "aria-label": `${name}, ${clockTime(message.ts)}`,
    },
    element(
      "span",
      {
        class: `avatar ${message.user === state.bot.user ? "bot" : ""}`,
        "data-user": message.user,
        "aria-hidden": "true",
      },
      initials(name),
    ),
    element(
      "div",
      { class: "message-body" },
      message.visible_to === null ? null : element("p", { class: "only-you" }, "Only visible to you"),
      headOf(message, name),
      ...contentOf(message),
      ...message.files.map(fileOf),
      reactionsOf(message),
      repliesOf(message, replies, openThread),
    ),
  );
}

function headOf(message, name) {
  return element(
    "p",
    { class: "head" },
    element("strong", {}, name),
    message.user === state.bot.user ? element("span", { class: "app-mark" }, "APP") : null,
    element("time", { title: fullTime(message.ts) }, clockTime(message.ts)),
    message.edited === null
      ? null
      : element(
          "button",
          { type: "button", class: "plain", title: "What it said before", onclick: () => showVersions(message) },
          `edited ${message.versions.length - 1}×`,
        ),
  );
}

function contentOf(message) {
  if (message.blocks.length === 0) return [element("p", { class: "text" }, ...mrkdwn(message.text))];
  return drawBlocks(message.blocks, (action, node) => press(message, action, node));
}

async function press({ channel, ts }, { action_id, block_id, value }, node) {
  node.setAttribute("aria-busy", "true");
  try {
    await call("click", {
      user: state.user,
      channel,
      ts,
      action_id,
      block_id,
      ...(value === undefined ? {} : { value }),
    });
  } catch (error) {
    toast(error.message);
  } finally {
    node.removeAttribute("aria-busy");
  }
}

function fileOf({ id, name, title, size }) {
  const url = `/files/${id}`;
  if (name.endsWith(".png")) return element("img", { class: "picture", src: url, alt: title, loading: "lazy" });
  return element(
    "a",
    { class: "file", href: url, target: "_blank", rel: "noreferrer" },
    `📄 ${title}`,
    element("small", {}, ` ${size} bytes`),
  );
}

function reactionsOf({ reactions }) {
  if (reactions.length === 0) return null;
  return element(
    "p",
    { class: "reactions" },
    ...reactions.map(({ name, users }) =>
      element("span", { title: users.map(nameOf).join(", ") }, ...mrkdwn(`:${name}:`), ` ${users.length}`),
    ),
  );
}

function repliesOf(message, replies, openThread) {
  if (openThread === undefined || message.visible_to !== null) return null;
  const last = replies.at(-1);
  const words =
    last === undefined
      ? "Reply in thread"
      : `${replies.length} ${replies.length === 1 ? "reply" : "replies"} · last ${clockTime(last.ts)}`;
  return element(
    "button",
    {
      type: "button",
      class: last === undefined ? "plain reply-first" : "plain replies",
      onclick: () => openThread(message.ts),
    },
    words,
  );
}

/** Everything the message said, with the times of the edits. */
function showVersions({ versions }) {
  const dialog = element(
    "dialog",
    { class: "versions", "aria-label": "What this message said" },
    element("h2", {}, `${versions.length} versions`),
    element(
      "ol",
      {},
      ...versions.map(({ at, text }) => element("li", {}, element("time", {}, preciseTime(at)), " ", text)),
    ),
    element(
      "div",
      { class: "dialog-buttons" },
      element(
        "button",
        { type: "button", class: "block-button", autofocus: true, onclick: () => dialog.close() },
        "Close",
      ),
    ),
  );
  show(dialog);
}

/** A line between two days. */
export const drawDay = (ts) => element("li", { class: "day", "data-ts": `day-${ts}` }, element("span", {}, dayOf(ts)));

const initials = (name) => name.slice(0, 1).toUpperCase();
