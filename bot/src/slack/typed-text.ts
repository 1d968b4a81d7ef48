/**
 * What a person typed, as they meant it: Slack escapes three characters, phones turn quotes round and two hyphens into a
 * dash.
 */
export function readTypedText(text: string): string {
  return text
    .slice(0, 2000)
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/[\u2018\u2019\u201a]/g, "'")
    .replace(/(^|\s)[\u2013\u2014](?=[a-z])/g, "$1--")
    .replace(/\s+/gu, " ")
    .trim();
}
