// @vitest-environment jsdom
import { AppPlugin } from "@grafana/data";
import { describe, expect, test } from "vitest";
import { placeOfId } from "./exposed/place-of-id.ts";
import { addExtensions, agentOf, alertPath } from "./extensions.ts";
import manifest from "./plugin.json" with { type: "json" };

describe("links in Grafana's own menus", () => {
  test.each([
    [{ name: "AgentGone" }, "?name=AgentGone"],
    [{ name: "AgentGone", labels: { agent: "billing" } }, "?name=AgentGone&agent=billing"],
    [{ instance: { labels: { alertname: "AgentGone", agent: "billing" } } }, "?name=AgentGone&agent=billing"],
    [{ rule: { name: "AgentGone" }, instance: { labels: { agent: "a&b=c" } } }, "?name=AgentGone"],
  ])("an alert %j leads to its incident", (context, query) => {
    expect(alertPath(context)).toBe(`/a/rollcall-fleet-app/alerts${query}`);
  });

  test.each([[undefined], [{}], [{ name: 7 }], [{ labels: {} }]])("%j has no link", (context) => {
    expect(alertPath(context)).toBeNull();
  });

  test("a panel leads to the agent that its variable names, and to none if that is no id", () => {
    expect(agentOf({ scopedVars: { agent: { value: "billing" } } })).toBe("billing");
    expect(agentOf({ scopedVars: { agent: { value: "../admin" } } })).toBeNull();
    expect(agentOf({})).toBeNull();
  });

  test("the menu of a panel that is about no agent has no entry of ours", () => {
    const links = addExtensions(new AppPlugin()).addedLinkConfigs;
    const panel = links.find(({ title }) => title === "Open agent in Rollcall");
    expect(panel?.configure?.({})).toBeUndefined();
  });
});

describe("plugin.json", () => {
  test("declares every link and every component that the bundle adds, in the same words", () => {
    const { addedLinkConfigs, exposedComponentConfigs } = addExtensions(new AppPlugin());
    const inWords = ({ title, description, targets }: (typeof addedLinkConfigs)[number]) => ({
      ...{ title, description, targets: [targets].flat() },
    });
    expect(manifest.extensions.addedLinks).toEqual(addedLinkConfigs.map(inWords));
    expect(manifest.extensions.exposedComponents).toEqual(
      exposedComponentConfigs.map(({ id, title, description }) => ({ id, title, description })),
    );
  });
});

describe("an id leads to its page", () => {
  test.each([
    ["op-481", "operations/op-481", undefined],
    [" REQ-31 ", "requests/req-31", undefined],
    ["inc-7", "alerts", { incident: "inc-7" }],
    ["a-41207", "audit", { row: "41207" }],
    ["billing", "agents/billing", undefined],
    ["who is it", "agents", { q: "who is it" }],
  ])("%s: %s", (id, page, query) => expect(placeOfId(id)).toEqual(query === undefined ? { page } : { page, query }));
});
