import { byId, toast } from "../../stand-in/page/element.js";
import { fillComposer } from "./composer.js";
import { loadTraffic, noteTraffic } from "./drawer.js";
import { drawHint } from "./hint.js";
import { drawMessages } from "./message-list.js";
import { drawModal } from "./modal.js";
import { call, listen } from "./server.js";
import { drawSide, noteUnread, unreadOf } from "./side.js";
import { channelName, choice, choose, nameOf, state, visibleChannels } from "./state.js";
import { drawThread } from "./thread.js";

// As many as a person scrolls through.
const NEWEST = 300;

const side = { openChannel, becomeUser };

async function loadWorkspace() {
  const { users, channels, bot, tried } = await call("workspace");
  state.users = new Map(users.map((user) => [user.id, user]));
  state.channels = channels;
  state.bot = bot;
  state.tried = tried;
  if (!state.users.has(state.user)) state.user = choice("user", users[0].id);
  if (!visibleChannels().some(({ id }) => id === state.channel)) state.channel = visibleChannels()[0].id;
}

/** Reads the open channel again and draws what changed. */
async function loadMessages() {
  const { user, channel } = state;
  const { messages } = await call(`messages?${new URLSearchParams({ channel, user, newest: NEWEST })}`);
  // The person may have gone elsewhere meanwhile.
  if (user !== state.user || channel !== state.channel) return;
  const before = new Set(state.messages.map(({ ts }) => ts));
  const isFirst = state.messages.length === 0;
  state.messages = messages;
  drawChannel();
  if (!isFirst) announce(messages.filter(({ ts, user: author }) => !before.has(ts) && author !== user));
}

function drawChannel() {
  const scroll = byId("scroll");
  const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  const tops = state.messages.filter(
    ({ thread_ts, visible_to }) => thread_ts === null || (visible_to !== null && state.thread === null),
  );
  const rows = tops.map((message) => ({
    message,
    replies: state.messages.filter(({ thread_ts }) => thread_ts === message.ts),
  }));
  drawMessages(byId("messages"), rows, { openThread });
  drawHint();
  drawThread();
  if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
}

function announce(messages) {
  const last = messages.at(-1);
  if (last !== undefined) byId("announcer").textContent = `${nameOf(last.user)}: ${last.text}`;
}

function openThread(ts) {
  state.thread = ts;
  drawThread();
  byId("thread").querySelector("textarea")?.focus();
}

function openChannel(id) {
  state.channel = id;
  state.thread = null;
  state.messages = [];
  choose("channel", id);
  noteUnread(id, 0);
  const channel = state.channels.find((each) => each.id === id);
  byId("title").textContent = channelName(channel);
  byId("messages").replaceChildren();
  byId("messages").setAttribute("aria-label", `Messages in ${channelName(channel)}`);
  fillComposer(byId("composer"), { placeholder: `Message ${channelName(channel)}` });
  drawSide(side);
  drawThread();
  return loadMessages().catch(({ message }) => toast(message));
}

function becomeUser(id) {
  const wasDirect = state.channels.find((each) => each.id === state.channel)?.kind === "im";
  state.user = id;
  choose("user", id);
  const own = visibleChannels().find(({ kind }) => kind === "im");
  void drawModal();
  return openChannel(
    wasDirect && own !== undefined
      ? own.id
      : (visibleChannels().find((each) => each.id === state.channel) ?? visibleChannels()[0]).id,
  );
}

// Many changes in a row cost one reading.
let reading = 0;

function onMessages({ channel, by, visible_to: reader }) {
  const isMine = visibleChannels().some(({ id }) => id === channel) && (reader ?? state.user) === state.user;
  if (channel === state.channel) {
    clearTimeout(reading);
    reading = setTimeout(() => loadMessages().catch(({ message }) => toast(message)), 50);
  } else if (isMine && by !== null && by !== state.user) {
    noteUnread(channel, unreadOf(channel) + 1);
    drawSide(side);
  }
}

async function onTraffic(exchange) {
  noteTraffic(exchange);
  if (state.tried || exchange.kind !== "command" || exchange.outcome === "waiting") return;
  await loadWorkspace();
  drawHint();
}

function connect() {
  const live = byId("live");
  listen({
    onLive: async () => {
      live.textContent = "● live";
      live.className = "live";
      await Promise.all([loadMessages(), loadTraffic(), drawModal()]).catch(({ message }) => toast(message));
    },
    onAway: () => {
      live.textContent = "↻ reconnecting";
      live.className = "live away";
    },
    messages: onMessages,
    views: ({ user }) => user === state.user && void drawModal(),
    traffic: onTraffic,
  });
}

/** A button that is pressed or not, and remembers it. */
function addSwitch(id, { start, apply }) {
  const button = byId(id);
  const set = (isOn) => {
    button.setAttribute("aria-pressed", String(isOn));
    choose(id, isOn);
    apply(isOn);
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-pressed") !== "true"));
  set(choice(id, start));
}

function addSwitches() {
  addSwitch("width-switch", { start: false, apply: (isOn) => document.body.classList.toggle("narrow", isOn) });
  addSwitch("theme-switch", {
    start: matchMedia("(prefers-color-scheme: dark)").matches,
    apply: (isOn) => {
      document.documentElement.dataset.theme = isOn ? "dark" : "light";
    },
  });
  addSwitch("drawer-switch", {
    start: false,
    apply: (isOn) => {
      byId("drawer").hidden = !isOn;
      if (isOn) loadTraffic().catch(({ message }) => toast(message));
    },
  });
}

/** A permalink names its channel and message. */
function placeFromAddress() {
  const [, channel, seconds, micros] = /^\/archives\/(\w+)(?:\/p(\d+)(\d{6}))?$/.exec(location.pathname) ?? [];
  return { channel, ts: seconds === undefined ? null : `${seconds}.${micros}` };
}

async function goTo(ts) {
  const message = state.messages.find((each) => each.ts === ts);
  if (message === undefined) return;
  if (message.thread_ts !== null) openThread(message.thread_ts);
  const row = byId("messages").querySelector(`[data-ts="${CSS.escape(message.thread_ts ?? ts)}"]`);
  row?.scrollIntoView({ block: "center" });
  row?.classList.add("pointed");
}

addSwitches();
const place = placeFromAddress();
state.user = choice("user", "");
state.channel = place.channel ?? choice("channel", "");
await loadWorkspace();
await openChannel(state.channel);
byId("scroll").scrollTop = byId("scroll").scrollHeight;
if (place.ts !== null) await goTo(place.ts);
connect();
