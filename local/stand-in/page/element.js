/**
 * Makes an element. Strings become text, never markup; `on…` properties become listeners.
 * @param {string} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string | null | undefined | false | (Node | string)[])} children
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/** Says something short that goes away by itself. */
export function toast(text) {
  const node = element("p", { class: "toast" }, text);
  byId("toasts").append(node);
  setTimeout(() => node.remove(), 8_000);
}
