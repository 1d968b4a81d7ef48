/** What the page knows; everything else is drawn from it. */
export const state = {
  users: new Map(),
  channels: [],
  bot: { id: "", user: "" },
  tried: true,
  user: "",
  channel: "",
  messages: [],
  thread: null,
};

const read = (key) => {
  try {
    return JSON.parse(localStorage.getItem(`stand-in.${key}`) ?? "null");
  } catch {
    return null;
  }
};

/** A choice that outlives the page. */
export const choice = (key, fallback) => read(key) ?? fallback;
export const choose = (key, value) => localStorage.setItem(`stand-in.${key}`, JSON.stringify(value));

export const nameOf = (id) => state.users.get(id)?.real_name ?? id;

export const channelName = ({ kind, name }) => (kind === "im" ? "fleet" : `#${name}`);

/** Channels that the chosen person sees. */
export const visibleChannels = () => state.channels.filter(({ members }) => members.includes(state.user));
