/**
 * What a person typed, as they meant it: Slack escapes three characters and turns `@name` into ids with the name behind. A
 * person stays the id, because everybody may call themselves anything; a group is its name.
 */
export const readTypedText = (text: string): string =>
  text
    .slice(0, 4000)
    .replace(/<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>/g, "@$1")
    .replace(/<!subteam\^[A-Z0-9]+\|@?([^<>|]*)>/g, "@$1")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
