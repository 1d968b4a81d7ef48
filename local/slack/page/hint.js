import { byId, element } from "../../stand-in/page/element.js";
import { state } from "./state.js";

const ALERTS = "fleet-alerts";
const THINGS = [
  [["/fleet roll-call"], "22 agents prove that they work"],
  [
    ["/fleet drill hang order-validator"],
    "within a minute a card says “alive but not consuming”: press Restart, watch five stages",
  ],
  [
    ["/fleet restart @content"],
    "a plan, and a second person: approve it yourself and be refused, then be “Second admin”",
  ],
];

/** Three things to try, until the first is done. */
export function drawHint() {
  const node = byId("hint");
  const channel = state.channels.find(({ id }) => id === state.channel);
  node.hidden = state.tried || channel?.name !== ALERTS;
  if (node.hidden || node.childElementCount > 0) return;
  node.append(
    element("h2", {}, "Three things to try"),
    element(
      "ol",
      {},
      ...THINGS.map(([commands, effect]) =>
        element(
          "li",
          {},
          ...commands.flatMap((command, at) => [at === 0 ? "" : " then ", commandButton(command)]),
          element("small", {}, effect),
        ),
      ),
    ),
  );
}

function commandButton(command) {
  const fill = () => {
    const input = byId("composer").querySelector("textarea");
    input.value = command;
    input.dispatchEvent(new Event("input"));
    input.focus();
  };
  return element(
    "button",
    { type: "button", class: "command", title: "Put into the message field", onclick: fill },
    command,
  );
}
