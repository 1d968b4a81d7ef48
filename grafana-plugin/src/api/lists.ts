import { ask } from "./ask.ts";
import type {
  Agent,
  AgentsAnswer,
  Incident,
  IncidentsAnswer,
  Operation,
  OperationsAnswer,
  Request,
  RequestsAnswer,
} from "./contract.ts";
import { LiveList } from "./live-list.ts";

const PAGE = 500;

/** Everyone who should exist, as the service sees them now. */
export const agents = new LiveList<Agent>({
  topic: "agents",
  idOf: ({ id }) => id,
  changed: (event) => (event.type === "agent" ? event.agent : null),
  removed: (event) => (event.type === "agent-removed" ? event.agent : null),
  async read(soFar) {
    const items: Agent[] = [];
    for (;;) {
      const page = await ask<AgentsAnswer>(`api/v1/agents?limit=${PAGE}&offset=${items.length}`);
      items.push(...page.agents);
      const part = { items: [...items], problems: page.problems };
      if (page.agents.length < PAGE || items.length >= page.matched) return part;
      soFar(part);
    }
  },
});

/** The newest hundred, and what began since. */
export const operations = new LiveList<Operation>({
  topic: "operations",
  idOf: ({ id }) => id,
  changed: (event) => (event.type === "operation" ? event.operation : null),
  read: async () => ({ items: (await ask<OperationsAnswer>("api/v1/operations?limit=100")).operations }),
});

/** What fires now. */
export const incidents = new LiveList<Incident>({
  topic: "incidents",
  idOf: ({ id }) => id,
  changed: (event) => (event.type === "incident" ? event.incident : null),
  read: async () => ({ items: (await ask<IncidentsAnswer>("api/v1/incidents")).incidents }),
});

/** What waits for a second person, and the newest of what does not any more. */
export const requests = new LiveList<Request>({
  topic: "requests",
  idOf: ({ id }) => id,
  changed: (event) => (event.type === "request" ? event.request : null),
  read: async () => ({ items: (await ask<RequestsAnswer>("api/v1/requests?limit=100")).requests }),
});
