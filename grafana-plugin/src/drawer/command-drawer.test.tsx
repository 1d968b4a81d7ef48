import {
  type BackendSrv,
  type BackendSrvRequest,
  type FetchResponse,
  locationService,
  setBackendSrv,
} from "@grafana/runtime";
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
  ],
});

beforeEach(() => {
  const fetch = ({ url }: BackendSrvRequest) =>
    url.endsWith("/commands")
      ? of({ status: 200, data: JSON.stringify(CATALOGUE), headers: new Headers() } as FetchResponse)
      : throwError(() => ({ status: 404, data: null }));
  setBackendSrv({ fetch } as unknown as BackendSrv);
  locationService.push("/a/rollcall-fleet-app/agents?do=pause&key=a-key-of-a-wish");
});
afterEach(cleanup);

const isOpen = (): boolean => locationService.getSearch().has("do");

async function openForm(): Promise<HTMLElement> {
  render(<CommandDrawer order={{ command: "pause", input: {}, key: "a-key-of-a-wish" }} />);
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
