import { byId, element, toast } from "../../stand-in/page/element.js";

const PLUGIN = "/api/plugin-proxy/rollcall-fleet-app";
const command = (name, input = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
  body: JSON.stringify({ input }),
  path: `/api/v1/commands/${name}`,
});
const TRIES = [
  ["Who am I?", () => command("whoami")],
  ["How is the fleet?", () => command("status")],
  ["Restart archive-writer", () => command("restart", { who: ["archive-writer"] })],
];

const { people, signedIn } = await (await fetch("/control/people")).json();
const choice = byId("person");
choice.append(...people.map(({ key, name }) => element("option", { value: key }, name)));
choice.addEventListener("change", () => void signIn(choice.value));
await signIn(signedIn ?? people[0].key);

byId("tries").append(
  ...TRIES.map(([words, request]) =>
    element("li", {}, element("button", { type: "button", class: "plain", onclick: () => void ask(request()) }, words)),
  ),
);

async function signIn(key) {
  const response = await fetch("/control/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ person: key }),
  });
  if (!response.ok) return toast((await response.json()).message);
  choice.value = key;
  const { email, emailVerified, role } = people.find((person) => person.key === key);
  const mail = email === "" ? "no address" : `${email}${emailVerified ? "" : ", not verified"}`;
  byId("about").textContent = `${mail} · ${role} in Grafana, which counts for nothing here`;
}

async function ask({ path, ...init }) {
  byId("asked").textContent = `${init.method} ${path}`;
  byId("answer").textContent = "…";
  const response = await fetch(`${PLUGIN}${path}`, init);
  const text = await response.text();
  byId("answer").textContent = `${response.status}\n${pretty(text)}`;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
