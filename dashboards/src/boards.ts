import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import agent from "./boards/agent.ts";
import business from "./boards/business.ts";
import capacity from "./boards/capacity.ts";
import eventBus from "./boards/event-bus.ts";
import executive from "./boards/executive.ts";
import operations from "./boards/operations.ts";
import sre from "./boards/sre.ts";

/** All dashboards, in the order in which one goes through them. */
export const BOARDS: readonly Dashboard[] = [executive, operations, sre, business, agent, eventBus, capacity];

/** Name of the board's file: its uid without the product's name. */
export const boardFile = ({ uid }: Dashboard): string => (uid ?? "").replace(/^rollcall-/, "");
