/** What turns the direction of all that follows it, beyond the text that it came in. */
const DIRECTIONS = /[\u202A-\u202E\u2066-\u2069]/g;

/** The text with a visible mark for each character that would turn its neighbours round; letters keep their own direction. */
export const withoutDirections = (text: string): string => text.replace(DIRECTIONS, "\uFFFD");
