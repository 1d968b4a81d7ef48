import type { TicketUse } from "@rollcall/core/ports/live-tickets.ts";
import type { AppDeps } from "./deps.ts";

/** Tickets of one process, which never expire. */
export function ticketsInMemory(): AppDeps["tickets"] {
  const issued = new Map<string, TicketUse>();
  return {
    issue: async (use) => {
      const ticket = `rt_${String(issued.size).padStart(43, "0")}`;
      issued.set(ticket, use);
      return ticket;
    },
    redeem: async (ticket) => {
      const use = issued.get(ticket) ?? null;
      issued.delete(ticket);
      return use;
    },
  };
}
