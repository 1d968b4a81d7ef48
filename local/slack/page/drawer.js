import { byId, element } from "../../stand-in/page/element.js";
import { preciseTime } from "./dates.js";
import { call } from "./server.js";
import { nameOf } from "./state.js";

const SHOWN = 200;
const exchanges = new Map();

/** Reads everything again. */
export async function loadTraffic() {
  const { exchanges: all } = await call("traffic");
  exchanges.clear();
  for (const exchange of all) exchanges.set(exchange.id, exchange);
  drawAll();
}

/** One request began or was answered. */
export function noteTraffic(exchange) {
  exchanges.set(exchange.id, exchange);
  if (byId("drawer").hidden) return;
  const list = byId("drawer").querySelector("ol");
  const row = list?.querySelector(`[data-exchange="${exchange.id}"]`);
  if (row === null || row === undefined) list?.prepend(drawExchange(exchange, false));
  else row.replaceWith(drawExchange(exchange, row.querySelector("details").open));
  while (list !== null && list.children.length > SHOWN) list.lastElementChild.remove();
}

function drawAll() {
  const newest = [...exchanges.values()].slice(-SHOWN).reverse();
  byId("drawer").replaceChildren(
    element("h2", {}, "Requests and answers, newest first"),
    element("ol", { class: "exchanges" }, ...newest.map((exchange) => drawExchange(exchange, false))),
  );
}

const WORDS = {
  acked: "acked",
  answered: "ok",
  waiting: "waiting",
  timeout: "no ack in 3 s",
  failed: "failed",
  dropped: "dropped",
  refused: "refused",
  fault: "fault",
};

function drawExchange(exchange, open) {
  const { id, direction, label, user, at, outcome, ms, retry, status } = exchange;
  const details = element("details", { open });
  details.append(
    element(
      "summary",
      {},
      element("time", {}, preciseTime(at)),
      element("span", { class: `direction ${direction}` }, direction === "to-app" ? "Slack → app" : "app → Slack"),
      element(
        "span",
        { class: "exchange-label" },
        label,
        user === null ? "" : ` · ${nameOf(user)}`,
        retry > 0 ? ` · retry ${retry}` : "",
      ),
      element("span", { class: `outcome ${outcome}` }, WORDS[outcome]),
      element("span", { class: "status" }, status === null ? "" : String(status)),
      element("span", { class: "ms" }, ms === null ? "…" : `${ms} ms`),
    ),
  );
  // The bodies are drawn when somebody wants to read them.
  details.addEventListener(
    "toggle",
    () => details.open && details.children.length === 1 && details.append(...drawBodies(exchange)),
  );
  if (open) details.append(...drawBodies(exchange));
  return element("li", { "data-exchange": id }, details);
}

function drawBodies({ request, answer, direction }) {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  return [
    element("h3", {}, "Request as sent"),
    element(
      "pre",
      {},
      [`${direction === "to-app" ? "POST " : ""}${request.url}`, ...headers, "", request.body].join("\n"),
    ),
    element("h3", {}, "Request, readable"),
    element("pre", {}, readable(request.body)),
    element("h3", {}, "Answer"),
    element("pre", {}, answer === "" ? "(empty)" : readable(answer)),
  ];
}

/** Forms and JSON, indented, JSON inside of forms too. */
function readable(body) {
  const parsed = parse(body);
  if (parsed !== null) return JSON.stringify(parsed, null, 2);
  if (!/^[\w.]+=/.test(body)) return body;
  const form = Object.fromEntries([...new URLSearchParams(body)].map(([name, value]) => [name, parse(value) ?? value]));
  return JSON.stringify(form, null, 2);
}

function parse(text) {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
