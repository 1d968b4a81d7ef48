import { expect, test } from "vitest";
import type { Agent } from "../api/contract.ts";
import { inOrder, readOrderOf } from "./agent-order.ts";

const agent = (id: string, changes: Partial<Agent> = {}): Agent =>
  ({ ...{ id, verdict: "working", criticality: "P1", lastHeartbeatAt: 1000, waiting: null }, ...changes }) as Agent;
const waiting = (lag: number): Pick<Agent, "waiting"> => ({ waiting: [{ topic: "orders", lag, pending: 0 }] });

const FLEET = [
  agent("billing", { lastHeartbeatAt: 3000, ...waiting(7) }),
  agent("shipping", { lastHeartbeatAt: 2000, verdict: "gone" }),
  agent("invoices", { lastHeartbeatAt: null, ...waiting(90) }),
];
const order = (address: string): string[] =>
  inOrder(FLEET, readOrderOf(new URLSearchParams(address))).map(({ id }) => id);

test.each([
  ["", ["shipping", "billing", "invoices"]],
  ["sort=name", ["billing", "invoices", "shipping"]],
  ["sort=seen", ["invoices", "shipping", "billing"]],
  ["sort=waiting", ["invoices", "billing", "shipping"]],
  ["sort=colour", ["shipping", "billing", "invoices"]],
])("agents stand in the order that the address names: %s", (address, expected) => {
  expect(order(address)).toEqual(expected);
});
