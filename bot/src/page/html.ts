import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Text that is markup already; everything else is escaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | null | false | Markup | readonly Part[];

/** Markup with its values escaped, so that no name can become markup. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(strings.map((text, place) => text + render(values[place] ?? "")).join(""));
}

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (Array.isArray(part)) return part.map(render).join("");
  return part === null || part === false ? "" : escapeHtml(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" },
};
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? one);

export const STYLE = readFileSync(join(import.meta.dirname, "style.css"), "utf8");
/** Its name changes with it, so browsers may keep it. */
export const STYLE_PATH = `/page/${createHash("sha256").update(STYLE).digest("hex").slice(0, 16)}.css`;

/** Nothing but our own stylesheet and forms to ourselves; no script at all. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  // Without a referrer browsers say `Origin: null` with a form, and it could not be told from another site's.
  "referrer-policy": "same-origin",
};

interface Page {
  readonly title: string;
  /** Name of who is signed in; null: nobody. */
  readonly who: string | null;
  readonly body: Markup;
}

/** A whole page. */
export const pageOf = ({ title, who, body }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Rollcall</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<header>
<a class="name" href="${who === null ? "/sign-in" : "/me"}">Rollcall</a>
<nav aria-label="Pages">${who === null ? "" : MENU}</nav>
${who === null ? "" : html`<span class="who">${who}</span>`}
</header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text;

const MENU = html`<a href="/me">You</a> <a href="/tokens">My tokens</a> <a href="/docs">API docs</a>`;

/** A form of one button. */
export const buttonForm = (form: {
  readonly action: string;
  readonly token: string;
  readonly label: string;
  readonly kind?: "danger" | "plain";
  readonly fields?: Readonly<Record<string, string>>;
}): Markup =>
  html`<form method="post" action="${form.action}">
<input type="hidden" name="csrf" value="${form.token}">
${Object.entries(form.fields ?? {}).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button type="submit" class="${form.kind ?? "plain"}">${form.label}</button>
</form>`;
