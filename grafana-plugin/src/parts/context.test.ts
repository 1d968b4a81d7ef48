import { locationService } from "@grafana/runtime";
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { chooseContext, fitsContext, useContextChoice } from "./context.ts";
import { usePlace } from "./place.ts";

const AT = "/a/rollcall-fleet-app/agents";
const GROUP = { kind: "group", name: "orders" } as const;
const AGENT = { kind: "agent", name: "billing" } as const;

/** What a page sees whose address is this. */
function look(address = AT): () => ReturnType<typeof useContextChoice> {
  locationService.push(address);
  const { result } = renderHook(() => useContextChoice(usePlace()));
  return () => result.current;
}

beforeEach(() => act(() => chooseContext(null)));
afterEach(() => vi.restoreAllMocks());

test("what was chosen is remembered for the next page, which says nothing in its address", () => {
  act(() => chooseContext(GROUP));
  expect(look()()).toEqual(GROUP);
});

test("an address that names one beats the memory, so that a link shows what its sender saw", () => {
  act(() => chooseContext(GROUP));
  expect(look(`${AT}?context=agent%3Abilling`)()).toEqual(AGENT);
});

test("all that follow it change with it, and clearing it shows the whole fleet again", () => {
  const seen = look();
  act(() => chooseContext(AGENT));
  expect(seen()).toEqual(AGENT);
  expect(locationService.getLocation().search).toBe("?context=agent:billing");
  act(() => chooseContext(null));
  expect(seen()).toBeNull();
  expect(locationService.getLocation().search).toBe("");
});

test("a choice made in another tab is followed, whatever the address of this one said", () => {
  const seen = look(`${AT}?context=agent%3Abilling`);
  const key = "rollcall-fleet-app.context";
  localStorage.setItem(key, "group:orders");
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key })));
  expect(seen()).toEqual(GROUP);
});

test("a browser that forbids storage keeps it as long as the page", () => {
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("forbidden", "SecurityError");
  });
  const seen = look();
  act(() => chooseContext(GROUP));
  expect(seen()).toEqual(GROUP);
});

test("a group fits its agents, an agent itself, and nothing chosen fits everyone", () => {
  const billing = { id: "billing", group: "orders" };
  const other = { id: "crm-chat", group: "platform" };
  expect([GROUP, AGENT, null].map((context) => [billing, other].map((one) => fitsContext(context, one)))).toEqual([
    [true, false],
    [true, false],
    [true, true],
  ]);
});
