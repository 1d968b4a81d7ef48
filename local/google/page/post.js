import { toast } from "../../stand-in/page/element.js";

/** Calls the control API; what it refuses is said on the page. @returns null if it was refused */
export async function post(path, body) {
  const response = await fetch(`/control/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  toast(answer.message ?? answer.error_description ?? `refused with ${response.status}`);
  return null;
}
