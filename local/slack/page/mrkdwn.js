import { element } from "../../stand-in/page/element.js";
import { formatDate } from "./dates.js";
import { emojify } from "./emoji.js";
import { nameOf, state } from "./state.js";

const TOKENS = new RegExp(
  [
    "\\n?```(?<block>[\\s\\S]+?)```\\n?",
    "`(?<code>[^`\\n]+)`",
    "<(?<entity>[^<>\\n]+)>",
    "(?<![\\w*])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\w*])",
    "(?<![\\w_])_(?<italic>[^\\s_](?:[^_\\n]*[^\\s_])?)_(?![\\w_])",
    "(?<![\\w~])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\w~])",
  ].join("|"),
  "g",
);

/** Slack's markup as nodes; whatever it does not know stays text. @returns {(Node | string)[]} */
export function mrkdwn(text) {
  // A quote mark inside of a code block is no quote.
  return text
    .split(/(\n?```[\s\S]+?```\n?)/)
    .flatMap((part, at) => (at % 2 === 1 ? inline(part) : quoted(part).flatMap(drawPart)));
}

const drawPart = ({ quote, lines }) => (quote ? [element("blockquote", {}, ...inline(lines))] : inline(lines));

/** Plain text with emoji names made emoji. */
export const plain = (text) => emojify(decode(text));

function quoted(text) {
  const parts = [];
  for (const line of text.split("\n")) {
    const match = /^(?:&gt;|>) ?(.*)$/.exec(line);
    const quote = match !== null;
    const last = parts.at(-1);
    if (last?.quote === quote) last.lines += `\n${match?.[1] ?? line}`;
    else parts.push({ quote, lines: match?.[1] ?? line });
  }
  return parts;
}

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(TOKENS)) {
    nodes.push(emojify(decode(text.slice(from, match.index))), token(match.groups, match[0]));
    from = match.index + match[0].length;
  }
  nodes.push(emojify(decode(text.slice(from))));
  return nodes.filter((node) => node !== "");
}

function token({ block, code, entity, bold, italic, strike }, whole) {
  if (block !== undefined) return element("pre", {}, decode(block.replace(/^\n/, "")));
  if (code !== undefined) return element("code", {}, decode(code));
  if (bold !== undefined) return element("strong", {}, ...inline(bold));
  if (italic !== undefined) return element("em", {}, ...inline(italic));
  if (strike !== undefined) return element("s", {}, ...inline(strike));
  return reference(entity, whole);
}

function reference(entity, whole) {
  const at = entity.indexOf("|");
  const target = at < 0 ? entity : entity.slice(0, at);
  const label = at < 0 ? null : entity.slice(at + 1);
  if (target.startsWith("!date^")) return dateToken(target, label ?? whole);
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) {
    const channel = state.channels.find(({ id }) => id === target.slice(1));
    return element("span", { class: "mention" }, `#${channel?.name ?? label ?? target.slice(1)}`);
  }
  if (target.startsWith("!")) return element("span", { class: "mention" }, `@${label ?? target.slice(1)}`);
  return link(decode(target), label === null ? decode(target) : plain(label));
}

function mention(id, label) {
  const known = state.users.has(id);
  return element(
    "span",
    { class: id === state.user ? "mention self" : "mention" },
    `@${known ? nameOf(id) : (label ?? id)}`,
  );
}

function dateToken(target, fallback) {
  const [, seconds = "", template = "", url] = target.split("^");
  const text = formatDate(seconds, template) ?? decode(fallback);
  const node = element("time", { title: decode(fallback) }, text);
  return url === undefined ? node : link(url, node);
}

/** Only links that a browser may follow; anything else stays text. */
export function link(url, label) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return label;
  return element("a", { href: url, target: "_blank", rel: "noreferrer" }, label);
}

const decode = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
