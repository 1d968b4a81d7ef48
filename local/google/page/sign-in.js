import { byId, element } from "../../stand-in/page/element.js";
import { post } from "./post.js";

/** The page at which a person says who they are. */
export async function showSignIn() {
  const query = Object.fromEntries(new URLSearchParams(location.search));
  const { users, groups } = await (await fetch("/control/directory")).json();
  byId("title").textContent = "Who are you?";
  byId("about").textContent =
    `You are signing in to ${new URL(query.redirect_uri).host}. Choose one of the sample people.`;
  const go = async (person) => {
    const answer = await post("sign-in", { query, person });
    if (answer !== null) location.assign(answer.location);
  };
  const rows = users.map((user) => {
    const within = groups.filter(({ everybody }) => everybody.some(({ id }) => id === user.id));
    const state = user.suspended ? "suspended" : user.archived ? "archived" : null;
    const words = [user.email, state, ...within.map(({ name }) => name)].filter((word) => word !== null).join(" · ");
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "person", onclick: () => void go(user.email) },
        element("strong", {}, user.name),
        element("span", {}, words),
      ),
    );
  });
  byId("content").replaceChildren(
    element("ul", { class: "people" }, ...rows),
    element("button", { type: "button", class: "plain", onclick: () => void go(null) }, "Nobody: cancel"),
  );
}
