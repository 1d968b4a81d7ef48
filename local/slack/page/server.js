/** @returns {Promise<any>} what the stand-in answers. Throws with its words if it refuses. */
export async function call(path, body) {
  const init =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`/control/${path}`, init);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message ?? `the stand-in answered ${response.status}`);
  return answer;
}

/** Calls back on every change, and after each new connection. The browser connects again by itself. */
export function listen({ onLive, onAway, ...events }) {
  const source = new EventSource("/control/stream");
  source.addEventListener("open", onLive);
  source.addEventListener("error", onAway);
  for (const [name, run] of Object.entries(events)) {
    source.addEventListener(name, ({ data }) => run(JSON.parse(data)));
  }
}
