import { byId, element } from "../../stand-in/page/element.js";
import { channelName, choice, choose, state, visibleChannels } from "./state.js";

const unread = new Map(Object.entries(choice("unread", {})));

/** Who I am, and where I can go. */
export function drawSide({ openChannel, becomeUser }) {
  const who = byId("who");
  if (who.childElementCount === 0) {
    const people = [...state.users.values()].filter((user) => !user.is_bot);
    who.append(...people.map(({ id, real_name }) => element("option", { value: id }, real_name)));
    who.addEventListener("change", () => becomeUser(who.value));
  }
  who.value = state.user;
  byId("channels").replaceChildren(
    ...visibleChannels().map((channel) => {
      const count = unread.get(channel.id) ?? 0;
      return element(
        "li",
        {},
        element(
          "button",
          {
            type: "button",
            class: count > 0 ? "channel unread" : "channel",
            "aria-current": channel.id === state.channel ? "page" : undefined,
            onclick: () => openChannel(channel.id),
          },
          channel.kind === "im" ? element("span", { class: "dot", "aria-hidden": "true" }) : null,
          channelName(channel),
          channel.kind === "im" ? element("small", {}, " direct message") : null,
          count > 0 ? element("span", { class: "count", "aria-label": `${count} new` }, String(count)) : null,
        ),
      );
    }),
  );
}

export function noteUnread(channel, count) {
  unread.set(channel, count);
  choose("unread", Object.fromEntries(unread));
}

export const unreadOf = (channel) => unread.get(channel) ?? 0;
