// How is an element made without inline style or HTML strings?

const icons = document.querySelector('meta[name="icons"]')?.content ?? "";
const SVG = "http://www.w3.org/2000/svg";

/** Make an element: h("button", {class: "button", onclick: f, data: {id: 1}}, "text", child…). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make an icon of the sprite. */
export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${icons}#${name}`);
  svg.append(use);
  return svg;
}

export const $ = (id) => document.getElementById(id);

/** Answer 12,345. */
export const count = (number) => number.toLocaleString("en-GB");

/** Answer "1 record", "2 records". */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** Answer up to two letters for a person. */
export const initials = (name) =>
  (name || "?").trim().split(/\s+/).slice(0, 2).map((word) => word[0].toUpperCase()).join("");

/** Answer one of ten hues for a person, always the same. */
export function hueOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return ["blue", "cyan", "teal", "green", "yellow", "orange", "red", "pink", "purple", "gray"][sum % 9];
}
