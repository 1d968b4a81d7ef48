import { byId, element } from "../../stand-in/page/element.js";
import { post } from "./post.js";

/** Groups with their members, and the people of the account; all of it may be changed. */
export function showDirectory() {
  const source = new EventSource("/control/stream");
  const live = byId("live");
  source.addEventListener("open", () => {
    live.textContent = "● live";
    void load();
  });
  source.addEventListener("error", () => {
    live.textContent = "↻ reconnecting";
  });
  source.addEventListener("directory", () => void load());
}

async function load() {
  const directory = await (await fetch("/control/directory")).json();
  byId("title").textContent = `Workspace of ${directory.domain}`;
  byId("about").textContent = "Roles come from the groups. Rollcall reads them once a minute.";
  byId("content").replaceChildren(
    ...directory.groups.map((group) => drawGroup(group, directory)),
    element("h2", {}, "People"),
    element("ul", { class: "members" }, ...directory.users.map(drawPerson)),
    element(
      "button",
      { type: "button", class: "plain", onclick: () => void post("reset", {}) },
      "Back to the sample people",
    ),
  );
}

function drawGroup(group, { users, groups }) {
  const named = new Map([...users, ...groups].map((entry) => [entry.id, entry]));
  const inside = new Set(group.members.map(({ id }) => id));
  const outside = [...users, ...groups].filter(({ id }) => id !== group.id && !inside.has(id));
  const choice = element(
    "select",
    { "aria-label": `Who joins ${group.name}` },
    ...outside.map(({ email, name }) => element("option", { value: email }, `${name} (${email})`)),
  );
  const join = () => void post("membership", { group: group.email, member: choice.value, in: true });
  const people = group.everybody.filter(({ type }) => type === "USER").length;
  const title = `${group.name} · ${people} ${people === 1 ? "person" : "people"}, nested ones included`;
  return element(
    "section",
    { class: "group" },
    element("h2", {}, title),
    element("p", {}, group.email),
    element("ul", { class: "members" }, ...group.members.map((member) => drawMember(group, named.get(member.id)))),
    element(
      "p",
      { class: "add" },
      choice,
      element("button", { type: "button", class: "plain", "aria-label": `Add to ${group.name}`, onclick: join }, "Add"),
    ),
  );
}

function drawMember(group, { email, name, members }) {
  const leave = () => void post("membership", { group: group.email, member: email, in: false });
  return element(
    "li",
    {},
    element("span", {}, `${members === undefined ? "" : "Group "}${name} (${email})`),
    element(
      "button",
      { type: "button", class: "plain", "aria-label": `Remove ${name} from ${group.name}`, onclick: leave },
      "Remove",
    ),
  );
}

function drawPerson({ email, name, suspended, archived, admin }) {
  const state = [suspended && "suspended", archived && "archived", admin && "administrator of the account"].filter(
    Boolean,
  );
  const words = `${name} (${email})${state.length === 0 ? "" : `, ${state.join(", ")}`}`;
  const suspend = () => void post("users/change", { user: email, suspended: !suspended });
  return element(
    "li",
    {},
    element("span", {}, words),
    element(
      "button",
      { type: "button", class: "plain", onclick: suspend },
      suspended ? `Let ${name} back` : `Suspend ${name}`,
    ),
  );
}
