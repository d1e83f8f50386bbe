/** A formula as MathML, from its text in one line: "∂L/∂xᵢ = Σₒ gₒ Wₒᵢ". */

const MATHML = "http://www.w3.org/1998/Math/MathML";
const RAISED = { "⁰": "0", "¹": "1", "²": "2", "³": "3", "⁻": "−", ˣ: "x", ⁿ: "n", ᵀ: "T" };
const LOWERED = {
  "₀": "0", "₁": "1", "₂": "2", "₃": "3", "ᵢ": "i", "ⱼ": "j", "ₖ": "k", "ₙ": "n", "ₒ": "o", "ₜ": "t", "₋": "−", "₊": "+",
}; // biome-ignore format: a table
/** @type {Record<string, string>} */
const SMALL = { ...RAISED, ...LOWERED };
const UP = Object.keys(RAISED).join("");
const LOW = Object.keys(LOWERED).join("");
const TOKEN = new RegExp(
  `(\\d+(?:[.,]\\d+)?|∂|[\\p{L}∂Σ∏√]+?(?![a-zäöüß_])|[^\\s${UP}${LOW}])([${LOW}]*)([${UP}]*)(\\s*)`,
  "gu",
);
const WORD = /^\p{Ll}[\p{Ll}_]+$/u;

/** @param {string} name @param {(Node | string)[]} inside */
function node(name, ...inside) {
  const made = document.createElementNS(MATHML, name);
  made.append(...inside);
  return made;
}

/** @param {string} base */
function leaf(base) {
  if (/^\d/.test(base)) return node("mn", base);
  if (WORD.test(base)) return node("mtext", `\u00a0${base}\u00a0`);
  if (/^[\p{L}∂]/u.test(base)) return node("mi", base);
  const sign = node("mo", base);
  if ("()[]|".includes(base)) sign.setAttribute("stretchy", "false");
  return sign;
}

/** @param {string} text */
const normal = (text) => node("mrow", ...[...text].map((letter) => leaf(SMALL[letter] ?? letter)));

/** The formula in parts, between which a line may be broken. @param {string} text */
export function formula(text) {
  /** @type {Element[][]} */
  const parts = [[]];
  let depth = 0;
  for (const [, base, low, up, space] of text.matchAll(TOKEN)) {
    const inner = leaf(base);
    const part = parts[parts.length - 1];
    if (low && up) part.push(node("msubsup", inner, normal(low), normal(up)));
    else if (low) part.push(node("msub", inner, normal(low)));
    else if (up) part.push(node("msup", inner, normal(up)));
    else part.push(inner);
    depth += "([".includes(base) ? 1 : ")]".includes(base) ? -1 : 0;
    if (space && depth === 0) parts.push([]);
  }
  return parts.filter((part) => part.length).flatMap((part) => [node("math", node("mrow", ...part)), " "]);
}
