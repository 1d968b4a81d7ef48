import { byId, element } from "../../stand-in/page/element.js";

const STATUS = { triggered: "🔔 triggered", acknowledged: "👀 acknowledged", resolved: "✅ resolved" };
const DONE = { trigger: "triggered", acknowledge: "acknowledged", resolve: "resolved" };
const RANK = { triggered: 0, acknowledged: 1, resolved: 2 };

const time = (iso) =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso));

/** Reads all incidents again: what rings first, then the newest. */
async function load() {
  const { incidents } = await (await fetch("/control/incidents")).json();
  const count = (status) => incidents.filter((incident) => incident.status === status).length;
  byId("counts").textContent =
    incidents.length === 0
      ? "Nothing has rung yet. Alertmanager sends what is to wake somebody here."
      : `${count("triggered")} triggered · ${count("acknowledged")} acknowledged · ${count("resolved")} resolved`;
  const rows = [...incidents].reverse().sort((a, b) => RANK[a.status] - RANK[b.status]);
  const opened = new Set([...document.querySelectorAll("details[open]")].map((node) => node.dataset.incident));
  byId("incidents").replaceChildren(...rows.map((incident) => draw(incident, opened.has(incident.id))));
}

function draw(incident, isOpen) {
  const { id, status, severity, source, summary, dedup_key, links, log, custom_details } = incident;
  return element(
    "li",
    { class: `incident ${status}` },
    element("h2", {}, summary),
    element("p", {}, `${STATUS[status]} · ${severity} · from ${source}`),
    element("p", {}, `dedup_key ${dedup_key}`),
    ...links.map(({ href, text }) => element("p", {}, link(href, text ?? href))),
    element(
      "ol",
      {},
      ...log.map(({ at, action }) =>
        element("li", {}, element("time", { datetime: at }, time(at)), ` ${DONE[action]}`),
      ),
    ),
    custom_details === null
      ? null
      : element(
          "details",
          { "data-incident": id, open: isOpen },
          element("summary", {}, "Details as sent"),
          element("pre", {}, JSON.stringify(custom_details, null, 2)),
        ),
  );
}

const link = (href, text) =>
  /^https?:\/\//i.test(href) ? element("a", { href, target: "_blank", rel: "noreferrer" }, text) : text;

function connect() {
  const source = new EventSource("/control/stream");
  const live = byId("live");
  source.addEventListener("open", () => {
    live.textContent = "● live";
    void load();
  });
  source.addEventListener("error", () => {
    live.textContent = "↻ reconnecting";
  });
  source.addEventListener("incidents", () => void load());
}

const theme = byId("theme-switch");
const setDark = (isDark) => {
  theme.setAttribute("aria-pressed", String(isDark));
  localStorage.setItem("stand-in.theme-switch", String(isDark));
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
};
theme.addEventListener("click", () => setDark(theme.getAttribute("aria-pressed") !== "true"));
const chosen = localStorage.getItem("stand-in.theme-switch");
setDark(chosen === null ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "true");
connect();
