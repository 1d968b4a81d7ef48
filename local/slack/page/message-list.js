import { dayOf } from "./dates.js";
import { drawDay, drawMessage, versionOf } from "./message.js";

/**
 * Draws messages into a list and touches only what changed, so that focus and open menus stay.
 * @param {HTMLElement} list
 * @param {{ message: object, replies: object[] }[]} rows
 * @param {{ openThread?: (ts: string) => void }} options
 */
export function drawMessages(list, rows, options) {
  const drawn = new Map([...list.children].map((node) => [node.dataset.ts, node]));
  let day = "";
  let place = list.firstElementChild;
  const keep = (key, version, draw) => {
    const before = drawn.get(key);
    const node = before?.dataset.version === version ? before : withVersion(draw(), version);
    drawn.delete(key);
    if (node === place) place = place.nextElementSibling;
    else if (before === undefined || before === node) list.insertBefore(node, place);
    else place = swap(before, node);
  };
  for (const { message, replies } of rows) {
    if (dayOf(message.ts) !== day) {
      day = dayOf(message.ts);
      keep(`day-${message.ts}`, day, () => drawDay(message.ts));
    }
    keep(message.ts, versionOf(message, replies), () => drawMessage(message, { ...options, replies }));
  }
  for (const node of drawn.values()) node.remove();
}

function withVersion(node, version) {
  node.dataset.version = version;
  return node;
}

/** Puts the new node where the old one was; a focused button of the same name keeps the focus. @returns what follows */
function swap(before, node) {
  const focused = before.contains(document.activeElement) ? document.activeElement.dataset.action : undefined;
  before.replaceWith(node);
  if (focused !== undefined) node.querySelector(`[data-action="${CSS.escape(focused)}"]`)?.focus();
  return node.nextElementSibling;
}
