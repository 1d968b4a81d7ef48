import { describe, expect, test } from "vitest";
import { validateBlocks, validateMessage, validateView } from "./block-kit.ts";

const plain = (text: string) => ({ type: "plain_text", text });
const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });
const button = (more: object = {}) => ({ type: "button", text: plain("Go"), action_id: "go", ...more });
const actions = (...elements: object[]) => ({ type: "actions", elements });
const confirm = { title: plain("Sure?"), text: plain("It stops."), confirm: plain("Stop"), deny: plain("Not now") };
const options = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ text: plain(`o${at}`), value: `${at}` }));
const many = (count: number) => Array.from({ length: count }, () => ({ type: "divider" }));

describe("blocks that Slack takes", () => {
  test.each([
    ["a section that is fully shown", [{ ...section("*billing is gone*"), expand: true }]],
    ["ten fields", [{ type: "section", fields: Array.from({ length: 10 }, () => ({ type: "mrkdwn", text: "x" })) }]],
    ["a danger button with a confirm", [actions(button({ style: "danger", value: "v", confirm }))]],
    ["a link button", [actions(button({ url: "https://example.test/runbook" }))]],
    ["an overflow of five", [actions({ type: "overflow", action_id: "more", options: options(5) })]],
    ["a select", [actions({ type: "static_select", placeholder: plain("Who"), options: options(100) })]],
    ["a context line", [{ type: "context", elements: [{ type: "mrkdwn", text: "since 02:40" }] }]],
    ["a picture", [{ type: "image", image_url: "https://example.test/a.png", alt_text: "memory" }]],
    ["a header", [{ type: "header", text: plain("Fleet") }]],
    ["a text of 3000 emoji, counted as 3000", [section("🟥".repeat(3000))]],
    ["50 blocks", many(50)],
  ])("%s", (_, blocks) => {
    expect(validateBlocks(blocks, "message")).toEqual([]);
  });
});

describe("blocks that Slack refuses", () => {
  test.each([
    ["no list", {}, "must provide an array [json-pointer:/blocks]"],
    ["51 blocks", many(51), "no more than 50 items allowed [json-pointer:/blocks]"],
    ["an unknown block", [{ type: "banner" }], "unsupported type: banner [json-pointer:/blocks/0/type]"],
    ["no object", [null], "failed to match all allowed schemas"],
    ["an unknown field", [{ ...section("x"), colour: "red" }], "invalid additional property: colour"],
    [
      "an unknown element",
      [actions({ type: "slider" })],
      "unsupported type: slider [json-pointer:/blocks/0/elements/0",
    ],
    ["an empty section", [{ type: "section" }], "must provide text or fields"],
    ["an empty text", [section("")], "must be more than 0 characters"],
    ["3001 characters", [section("x".repeat(3001))], "must be less than 3001 characters"],
    ["eleven fields", [{ type: "section", fields: Array(11).fill(plain("x")) }], "no more than 10 items allowed"],
    ["a field of 2001", [{ type: "section", fields: [plain("x".repeat(2001))] }], "must be less than 2001 characters"],
    ["a header of 151", [{ type: "header", text: plain("x".repeat(151)) }], "must be less than 151 characters"],
    ["a header in mrkdwn", [{ type: "header", text: { type: "mrkdwn", text: "x" } }], "/blocks/0/text/type"],
    ["a button text of 76", [actions(button({ text: plain("x".repeat(76)) }))], "must be less than 76 characters"],
    ["a button value of 2001", [actions(button({ value: "x".repeat(2001) }))], "must be less than 2001 characters"],
    ["a button style", [actions(button({ style: "green" }))], "/blocks/0/elements/0/style"],
    ["a script link", [actions(button({ url: "javascript:alert(1)" }))], "must be a valid URL"],
    ["an action_id of 256", [actions(button({ action_id: "x".repeat(256) }))], "must be less than 256 characters"],
    [
      "26 buttons",
      [actions(...Array.from({ length: 26 }, (_, at) => button({ action_id: `${at}` })))],
      "no more than 25",
    ],
    ["no elements", [actions()], "no fewer than 1 items allowed"],
    ["an overflow of six", [actions({ type: "overflow", options: options(6) })], "no more than 5 items allowed"],
    ["101 options", [actions({ type: "static_select", options: options(101) })], "no more than 100 items allowed"],
    ["a select without options", [actions({ type: "static_select" })], "must provide one of options, option_groups"],
    [
      "a confirm without deny",
      [actions(button({ confirm: { ...confirm, deny: undefined } }))],
      "missing required field: deny",
    ],
    [
      "a confirm title of 101",
      [actions(button({ confirm: { ...confirm, title: plain("x".repeat(101)) } }))],
      "101 characters",
    ],
    ["eleven context elements", [{ type: "context", elements: Array(11).fill(plain("x")) }], "no more than 10 items"],
    [
      "a picture without alt text",
      [{ type: "image", image_url: "https://example.test/a" }],
      "missing required field: alt_text",
    ],
    ["a picture without source", [{ type: "image", alt_text: "x" }], "must provide one of image_url, slack_file"],
    [
      "two equal action ids",
      [actions(button(), button())],
      "`action_id` already exists: go [json-pointer:/blocks/0/elements/1",
    ],
    [
      "two equal block ids",
      [
        { type: "divider", block_id: "a" },
        { type: "divider", block_id: "a" },
      ],
      "`block_id` already",
    ],
    ["an alert outside a modal", [{ type: "alert", text: plain("x") }], "unsupported type on a message: alert"],
    ["too much in all", Array.from({ length: 5 }, () => section("x".repeat(2900))), "msg_blocks_too_long"],
  ])("%s", (_, blocks, fault) => {
    expect(validateBlocks(blocks, "message").join("\n")).toContain(fault);
  });

  test("a markdown block stands only in messages", () => {
    expect(validateBlocks([{ type: "markdown", text: "# x" }], "message")).toEqual([]);
    expect(validateBlocks([{ type: "markdown", text: "# x" }], "home")).toHaveLength(1);
  });

  test("every fault is named, not only the first", () => {
    expect(validateBlocks([{ type: "banner" }, section(""), actions(button({ x: 1 }))], "message")).toHaveLength(3);
  });
});

describe("messages", () => {
  test("blocks without a text for lock screens are refused", () => {
    expect(validateMessage({ blocks: [section("x")] })).toEqual([
      "[ERROR] missing required field: text [json-pointer:/text]",
    ]);
  });
  test("a text alone is a message", () => {
    expect(validateMessage({ text: "x" })).toEqual([]);
  });
  test("a text over 40,000 characters is refused", () => {
    expect(validateMessage({ text: "x".repeat(40_001) })).toHaveLength(1);
  });
});

describe("views", () => {
  const input = { type: "input", label: plain("Reason"), element: { type: "plain_text_input", action_id: "reason" } };
  const modal = (more: object = {}) => ({ type: "modal", title: plain("Restart"), blocks: [section("x")], ...more });
  test("a modal with an input and a submit is taken", () => {
    expect(validateView(modal({ blocks: [input], submit: plain("Ask") }))).toEqual([]);
  });
  test.each([
    ["input without submit", modal({ blocks: [input] }), "missing required field: submit"],
    ["title of 25", modal({ title: plain("x".repeat(25)) }), "must be less than 25 characters"],
    ["private_metadata of 3001", modal({ private_metadata: "x".repeat(3001) }), "must be less than 3001 characters"],
    ["101 blocks", modal({ blocks: many(101) }), "no more than 100 items allowed"],
    ["unknown kind", { type: "toast", blocks: [] }, "unsupported type: toast"],
    ["no object", "x", "failed to match all allowed schemas"],
    ["over 250 KB", modal({ blocks: Array.from({ length: 100 }, () => section("x".repeat(2990))) }), "view_too_large"],
    ["a bad block", { type: "home", blocks: [{ type: "banner" }] }, "json-pointer:/view/blocks/0/type"],
  ])("%s is refused", (_, view, fault) => {
    expect(validateView(view).join("\n")).toContain(fault);
  });
});
