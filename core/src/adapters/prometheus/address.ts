/**
 * An address and the header that stands for its user and password: fetch takes no address with a password in it.
 * @param text may hold user and password; its query and hash are left out
 */
export function addressOf(text: string): { base: string; headers: Record<string, string> } {
  const url = new URL(text);
  const { username, password } = url;
  Object.assign(url, { username: "", password: "", search: "", hash: "" });
  const base = url.href.replace(/\/+$/, "");
  if (username === "") return { base, headers: {} };
  const pass = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { base, headers: { authorization: `Basic ${Buffer.from(pass).toString("base64")}` } };
}
