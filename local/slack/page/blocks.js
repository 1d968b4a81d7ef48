import { element } from "../../stand-in/page/element.js";
import { actingElement, inputElement } from "./controls.js";
import { link, mrkdwn, plain } from "./mrkdwn.js";

const DRAW = {
  section: drawSection,
  context: ({ elements }) =>
    element(
      "div",
      { class: "context" },
      ...elements.map((each) => (each.type === "image" ? picture(each) : textOf(each))),
    ),
  header: ({ text }) => element("h3", { class: "header-block" }, plain(text.text)),
  divider: () => element("hr"),
  actions: ({ elements, block_id }, act) =>
    element("div", { class: "actions" }, ...elements.map((each) => actingElement(each, block_id, act))),
  image: (block) =>
    element("figure", {}, block.title ? element("figcaption", {}, plain(block.title.text)) : null, picture(block)),
  input: drawInput,
  markdown: ({ text }) => element("div", { class: "text" }, text),
  alert: ({ text }) => element("p", { class: "alert-block", role: "note" }, textOf(text)),
  rich_text: ({ elements }) => element("div", { class: "text" }, ...elements.map(richText)),
};

/**
 * Block Kit as a phone shows it.
 * @param {object[]} blocks
 * @param {(action: object) => void} act takes `{ action_id, block_id, value }`
 */
export const drawBlocks = (blocks, act) =>
  blocks.map((block) => {
    const draw = DRAW[block.type];
    const node = draw === undefined ? element("p", {}, `[${block.type}]`) : draw(block, act);
    node.dataset.block = block.block_id ?? "";
    return node;
  });

const textOf = (text) =>
  element("span", { class: "text" }, ...(text.type === "mrkdwn" ? mrkdwn(text.text) : [plain(text.text)]));

// Slack folds long texts unless the block says `expand`.
const FOLDED_CHARACTERS = 700;

function drawSection({ text, fields, accessory, expand, block_id }, act) {
  const body = element("div", { class: "section-body" });
  if (text !== undefined)
    body.append(...foldable(textOf(text), text.text.length > FOLDED_CHARACTERS && expand !== true));
  if (fields !== undefined) body.append(element("div", { class: "fields" }, ...fields.map(textOf)));
  const beside =
    accessory === undefined
      ? null
      : accessory.type === "image"
        ? picture(accessory)
        : actingElement(accessory, block_id, act);
  return element("div", { class: "section" }, body, beside);
}

function foldable(node, isLong) {
  if (!isLong) return [node];
  node.classList.add("folded");
  const more = element(
    "button",
    {
      type: "button",
      class: "plain",
      onclick: () => {
        node.classList.remove("folded");
        more.remove();
      },
    },
    "See more",
  );
  return [node, more];
}

function drawInput({ label, hint, element: input, optional, block_id }, act) {
  const control = inputElement(input, block_id, act);
  const name = element(
    "span",
    { class: "label" },
    plain(label.text),
    optional ? element("small", {}, " (optional)") : null,
  );
  const fault = element("span", { class: "fault", role: "alert" });
  const words = hint === undefined ? null : element("small", { class: "hint-words" }, plain(hint.text));
  const tag = control.matches("fieldset") ? "div" : "label";
  return element(tag, { class: "input-block" }, name, control, words, fault);
}

/** Pictures of this server are shown; of others only their words, since nothing leaves this machine. */
function picture({ image_url: url, alt_text: words }) {
  const isOurs = url !== undefined && new URL(url, location.href).origin === location.origin;
  if (isOurs) return element("img", { src: url, alt: words, loading: "lazy" });
  return element("span", { class: "no-picture" }, "🖼 ", url === undefined ? words : link(url, words));
}

function richText(node) {
  const children = (node.elements ?? []).map(richText);
  if (node.type === "rich_text_list") return element("ul", {}, ...children.map((child) => element("li", {}, child)));
  if (node.type === "rich_text_preformatted") return element("pre", {}, ...children);
  if (node.type === "rich_text_quote") return element("blockquote", {}, ...children);
  if (node.type === "link") return element("span", {}, link(node.url, node.text ?? node.url));
  if (node.type === "text")
    return element(node.style?.bold ? "strong" : node.style?.code ? "code" : "span", {}, node.text);
  return element("span", {}, ...children);
}
