import { type Expression, type JSXChild, type PropertyKey, parseSync, Visitor } from "oxc-parser";

/** Attributes and properties whose value somebody reads. */
const READ = new Set(
  ["alt", "aria-label", "body", "confirmText", "description", "dismissText", "empty", "label", "placeholder"].concat([
    "subtitle",
    "title",
    "tooltip",
  ]),
);

/** A name like CSV or p95 is the same in every language. */
const isWords = (text: string): boolean => /\p{Ll}{2}/u.test(text);
/** What a function returns may be a name for the machine; two words beside each other are for a reader. */
const isPhrase = (text: string): boolean => /\p{L}{2,} \p{L}{2,}/u.test(text);

/**
 * Texts that stand in a source as they are: as a child of an element, in an attribute or a property that is read, or
 * as a phrase that a function returns.
 * @returns each of them, in its order; none if all are translated
 */
export function bareTexts(file: string, source: string): string[] {
  const found: string[] = [];
  const look = (expression: Expression | null | undefined, isRead = isWords): void => {
    if (expression !== null && expression !== undefined) found.push(...wordsIn(expression).filter(isRead));
  };
  const children = (all: readonly JSXChild[]): void => {
    for (const child of all) {
      if (child.type === "JSXText" && isWords(child.value)) found.push(child.value.trim());
      if (child.type === "JSXExpressionContainer") look(child.expression as Expression);
    }
  };
  new Visitor({
    JSXElement: (element) => children(element.children),
    JSXFragment: (fragment) => children(fragment.children),
    JSXAttribute({ name, value }) {
      if (!READ.has(String(name.name))) return;
      look(value?.type === "JSXExpressionContainer" ? (value.expression as Expression) : (value as Expression));
    },
    Property: ({ key, value }) => {
      if (READ.has(nameOf(key))) look(value as Expression);
    },
    ReturnStatement: ({ argument }) => look(argument, isPhrase),
    ArrowFunctionExpression: ({ body }) => look(body as Expression, isPhrase),
  }).visit(parseSync(file, source).program);
  return found;
}

const nameOf = (key: PropertyKey): string =>
  key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : "";

/** The strings that an expression may become. */
function wordsIn(expression: Expression): string[] {
  switch (expression.type) {
    case "Literal":
      return typeof expression.value === "string" ? [expression.value] : [];
    case "TemplateLiteral":
      return [...expression.quasis.map(({ value }) => value.raw), ...expression.expressions.flatMap(wordsIn)];
    case "ConditionalExpression":
      return [...wordsIn(expression.consequent), ...wordsIn(expression.alternate)];
    case "LogicalExpression":
      return [...wordsIn(expression.left), ...wordsIn(expression.right)];
    case "BinaryExpression":
      return expression.operator === "+"
        ? [...wordsIn(expression.left as Expression), ...wordsIn(expression.right)]
        : [];
    default:
      return [];
  }
}
