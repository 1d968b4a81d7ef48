import { type BackendSrv, type BackendSrvRequest, locationService, setBackendSrv } from "@grafana/runtime";
import { apiCommands } from "@rollcall/core/contract.ts";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { of, throwError } from "rxjs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import CommandDrawer from "./command-drawer.tsx";

const CATALOGUE = apiCommands.parse({
  commands: [
    {
      ...{ name: "pause", aliases: [], summary: "Takes no new work", role: "operator", kind: "act", danger: 1 },
      input: { type: "object", properties: { until: { type: "string", description: "How long" } } },
      ...{ examples: [], mayAsk: true, whyNot: null },
    },
    {
      ...{ name: "restart", aliases: [], summary: "Starts again", role: "operator", kind: "act", danger: 2 },
      input: { type: "object", properties: { who: { type: "array", items: { type: "string" } } } },
      ...{ examples: [], mayAsk: true, whyNot: null },
    },
    {
      ...{ name: "bus-subs", aliases: [], summary: "Subscriptions", role: "viewer", kind: "read", danger: 0 },
      input: { type: "object", properties: { page: { type: "integer" } } },
      ...{ examples: [], mayAsk: true, whyNot: null },
    },
  ],
});
const REPORT = {
  ...{ headline: "*54 of 54*", context: null, lines: ["the second ten"], fields: [], actions: [], sameAs: null },
};

const ORDER = { input: {}, key: "a-key-of-a-wish", incident: null, isAtOnce: false };
let sent: unknown[];

beforeEach(() => {
  sent = [];
  const fetch = ({ url, data }: BackendSrvRequest) => {
    const answer = (body: unknown) => of({ status: 200, data: JSON.stringify(body), headers: new Headers() });
    if (url.endsWith("/commands")) return answer(CATALOGUE);
    sent.push(data);
    return url.endsWith("/bus-subs")
      ? answer({ report: REPORT, data: {} })
      : throwError(() => ({ status: 404, data: null }));
  };
  setBackendSrv({ fetch } as unknown as BackendSrv);
  locationService.push("/a/rollcall-fleet-app/agents?do=pause&key=a-key-of-a-wish");
});
afterEach(cleanup);

const isOpen = (): boolean => locationService.getSearch().has("do");

async function openForm(): Promise<HTMLElement> {
  render(<CommandDrawer order={{ ...ORDER, command: "pause" }} />);
  return await screen.findByLabelText(/^Reason/);
}

const close = (): void => {
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
};

test("a form in which nothing was typed closes at once", async () => {
  await openForm();
  close();
  expect(isOpen()).toBe(false);
});

test("what was typed is not lost by a slip: leaving is asked about, and it is still there", async () => {
  const reason = await openForm();
  fireEvent.change(reason, { target: { value: "the bank is away" } });
  close();
  expect(isOpen()).toBe(true);
  fireEvent.click(await screen.findByRole("button", { name: "Stay" }));
  expect(screen.getByLabelText(/^Reason/)).toHaveProperty("value", "the bank is away");
  close();
  fireEvent.click(await screen.findByRole("button", { name: "Leave it" }));
  await vi.waitFor(() => expect(isOpen()).toBe(false));
});

test("a tab with an unsent form warns before it is closed", async () => {
  const closing = (): boolean => window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  const reason = await openForm();
  expect(closing()).toBe(true);
  fireEvent.change(reason, { target: { value: "the bank is away" } });
  expect(closing()).toBe(false);
});

test("what only looks is shown at once where its button asks nothing more", async () => {
  render(<CommandDrawer order={{ ...ORDER, command: "bus-subs", input: { page: 2 }, isAtOnce: true }} />);
  await screen.findByText("the second ten");
  expect(sent).toEqual([{ input: { page: 2 } }]);
});

test("what changes something is never done at once", async () => {
  render(<CommandDrawer order={{ ...ORDER, command: "pause", isAtOnce: true }} />);
  await screen.findByText("Nothing has happened yet.");
  expect(sent).toEqual([]);
});

test("a restart from an alert names the alert, unless somebody else is restarted", async () => {
  const order = { ...ORDER, command: "restart", input: { who: ["billing"] }, incident: "inc-7" };
  const press = async (name: string): Promise<void> => {
    fireEvent.click(await screen.findByRole("button", { name }));
  };
  render(<CommandDrawer order={order} />);
  await press("Restart billing");
  await vi.waitFor(() => expect(sent).toEqual([{ input: { who: ["billing"] }, incident: "inc-7" }]));
  cleanup();
  render(<CommandDrawer order={order} />);
  fireEvent.change(await screen.findByLabelText(/^who/), { target: { value: "shipping" } });
  await press("Restart shipping");
  await vi.waitFor(() => expect(sent.at(-1)).toEqual({ input: { who: ["shipping"] } }));
});
