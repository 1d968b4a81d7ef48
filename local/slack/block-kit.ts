import { z } from "zod";
import { blockShapes, SURFACES, viewShape } from "./block-kit-shapes.ts";

export type Surface = keyof typeof SURFACES;

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const blockShape = z.discriminatedUnion("type", blockShapes);
// Undocumented: Slack refuses messages whose blocks hold more text together (bolt-js issue 2509).
const MESSAGE_CHARACTERS = 13_200;
const MARKDOWN_CHARACTERS = 12_000;
const VIEW_BYTES = 250 * 1024;
const TEXT_CHARACTERS = 40_000;

/**
 * What Slack would refuse in a list of blocks.
 * @returns one line per fault in the words of Slack's `response_metadata.messages`; empty if all is well
 */
export function validateBlocks(blocks: unknown, surface: Surface): string[] {
  return findBlockFaults(blocks, surface).map(describe);
}

/**
 * What Slack would refuse in a message; stricter in one point: blocks need a `text` for lock screens and screen readers.
 */
export function validateMessage(message: { readonly text?: unknown; readonly blocks?: unknown }): string[] {
  const faults = message.blocks === undefined ? [] : findBlockFaults(message.blocks, "message");
  const length = typeof message.text === "string" ? [...message.text].length : 0;
  if (length === 0) faults.push({ path: ["text"], message: "missing required field: text" });
  if (length > TEXT_CHARACTERS) {
    faults.push({ path: ["text"], message: `must be less than ${TEXT_CHARACTERS + 1} characters` });
  }
  return faults.map(describe);
}

/** What Slack would refuse in a modal or a Home tab. */
export function validateView(view: unknown): string[] {
  const parsed = viewShape.safeParse(view);
  if (!parsed.success) return explain(parsed.error, view, ["view"]).map(describe);
  const { type, blocks } = parsed.data;
  const faults = findBlockFaults(blocks, type).map(({ path, message }) => ({ path: ["view", ...path], message }));
  if (JSON.stringify(view).length > VIEW_BYTES) faults.push({ path: ["view"], message: "view_too_large" });
  const hasInput = Array.isArray(blocks) && blocks.some((block) => isRecord(block) && block.type === "input");
  if (type === "modal" && hasInput && parsed.data.submit === undefined) {
    faults.push({ path: ["view"], message: "missing required field: submit" });
  }
  return faults.map(describe);
}

function findBlockFaults(blocks: unknown, surface: Surface): Fault[] {
  if (!Array.isArray(blocks)) return [{ path: ["blocks"], message: "must provide an array" }];
  const { blocks: most } = SURFACES[surface];
  const faults: Fault[] = blocks.flatMap((block, index) => findFaults(block, surface, index));
  if (blocks.length > most) faults.push({ path: ["blocks"], message: `no more than ${most} items allowed` });
  faults.push(...findRepeated(blocks));
  const total = blocks.reduce((sum: number, block) => sum + countText(block), 0);
  if (surface === "message" && total > MESSAGE_CHARACTERS) {
    faults.push({
      path: ["blocks"],
      message: `msg_blocks_too_long: ${total} characters, at most ${MESSAGE_CHARACTERS}`,
    });
  }
  const markdown = blocks.filter((block) => isRecord(block) && block.type === "markdown");
  if (markdown.reduce((sum: number, block) => sum + countText(block), 0) > MARKDOWN_CHARACTERS) {
    faults.push({ path: ["blocks"], message: `no more than ${MARKDOWN_CHARACTERS} characters of markdown allowed` });
  }
  return faults;
}

function findFaults(block: unknown, surface: Surface, index: number): Fault[] {
  const path = ["blocks", index];
  const parsed = blockShape.safeParse(block);
  if (!parsed.success) return explain(parsed.error, block, path);
  const { data } = parsed;
  if (!SURFACES[surface].types.has(data.type)) {
    return [{ path: [...path, "type"], message: `unsupported type on a ${surface}: ${data.type}` }];
  }
  if (data.type === "section" && data.text === undefined && data.fields === undefined) {
    return [{ path, message: "must provide text or fields" }];
  }
  return isImageWithoutOneSource(block)
    ? [{ path, message: "must provide one of image_url, slack_file" }]
    : findChoices(block, path);
}

const isImageWithoutOneSource = (block: unknown): boolean =>
  elementsOf(block).some(
    ([, element]) =>
      element.type === "image" && (element.image_url === undefined) === (element.slack_file === undefined),
  );

/** Static menus need exactly one of `options` and `option_groups`, and start with one of their own options. */
function findChoices(block: unknown, path: readonly PropertyKey[]): Fault[] {
  return elementsOf(block).flatMap(([inner, element]): Fault[] => {
    if (element.type !== "static_select" && element.type !== "multi_static_select") return [];
    if ((element.options === undefined) === (element.option_groups === undefined)) {
      return [{ path: [...path, ...inner], message: "must provide one of options, option_groups" }];
    }
    return [];
  });
}

type Found = readonly [readonly PropertyKey[], Record<string, unknown>];

/** The block itself and the elements in it, each with its path inside the block. */
export function elementsOf(block: unknown): Found[] {
  if (!isRecord(block)) return [];
  const found: Found[] = [[[], block]];
  for (const key of ["accessory", "element"]) {
    const element = block[key];
    if (isRecord(element)) found.push([[key], element]);
  }
  if (Array.isArray(block.elements)) {
    block.elements.forEach((element, index) => {
      if (isRecord(element)) found.push([["elements", index], element]);
    });
  }
  return found;
}

function findRepeated(blocks: readonly unknown[]): Fault[] {
  const elements = blocks.flatMap((block, index) =>
    elementsOf(block).map(([inner, element]) => ({ path: ["blocks", index, ...inner], element })),
  );
  return ["block_id", "action_id"].flatMap((key) => {
    const ids = elements.map(({ element }) => element[key]);
    return elements
      .filter((_, at) => ids[at] !== undefined && ids.indexOf(ids[at]) < at)
      .map(({ path, element }) => ({
        path: [...path, key],
        message: `\`${key}\` already exists: ${String(element[key])}`,
      }));
  });
}

/** Code points of all texts a reader sees. */
function countText(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + countText(item), 0);
  if (!isRecord(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, item]) => sum + (key === "text" && typeof item === "string" ? [...item].length : countText(item)),
    0,
  );
}

/** Slack's words for what zod found. */
function explain(error: z.ZodError, input: unknown, base: readonly PropertyKey[]): Fault[] {
  return error.issues.flatMap((issue): Fault[] => {
    const path = [...base, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path, message: `invalid additional property: ${key}` }));
    }
    const value = issue.path.reduce<unknown>(
      (at, key) => (isRecord(at) || Array.isArray(at) ? Reflect.get(at, key) : undefined),
      input,
    );
    if (value === undefined)
      return [{ path: path.slice(0, -1), message: `missing required field: ${String(path.at(-1))}` }];
    if (issue.code === "invalid_union") return [{ path, message: `unsupported type: ${String(value)}` }];
    if (issue.code === "custom") return [{ path, message: issue.message }];
    return [{ path, message: `failed to match all allowed schemas: ${issue.message}` }];
  });
}

const describe = ({ path, message }: Fault): string =>
  `[ERROR] ${message} [json-pointer:/${path.map(String).join("/")}]`;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
