// Which value did a person mean by a text, for a field of this type? Answers {value} (null clears) or
// {refused: why}; nothing is guessed that would lose what they wrote.
import { isoDay, readDateTime, readDay } from "./dates.js";
import { editorOf, whyReadOnly } from "./values.js";
import { parseTsv } from "./tsv.js";

const YES = new Set(["true", "yes", "y", "1", "x", "✓", "✔", "☑", "checked", "on", "ja", "wahr"]);
const NO = new Set(["false", "no", "n", "0", "unchecked", "off", "☐", "nein", "falsch"]);

/** Read a text for a field. `find(tableId, name)` answers the ids of linked records of that name. */
export function parse(field, text, find) {
  if (!editorOf(field)) return { refused: whyReadOnly(field) };
  const clean = text.trim();
  if (clean === "") return { value: null };
  switch (field.type) {
    case "multilineText": case "richText": return { value: text };
    case "number": case "currency": return number(clean, (value) => value);
    case "percent": return number(clean, (value) => Number((value / 100).toPrecision(15)));
    case "rating": return rating(field, clean);
    case "duration": return duration(clean);
    case "checkbox": return checkbox(clean);
    case "date": return date(field, clean);
    case "dateTime": return dateTime(field, clean);
    case "singleSelect": return select(field, clean);
    case "multipleSelects": return selects(field, clean);
    case "multipleRecordLinks": return links(field, clean, find);
    case "barcode": return { value: { text: clean } };
    default: return { value: text.replace(/\s*\r?\n\s*/g, " ").trim() };
  }
}

/** Read 1,200.50, 1.200,50, 1 200, (1,200), −5, €3 or 45%; anything else is null. */
export function readNumber(text) {
  let rest = text.replace(/[\s\u00a0\u202f'’_]/g, "").replace(/[−–]/g, "-");
  const negative = /^\(.*\)$/.test(rest) || /^-/.test(rest) || /^\p{Sc}-/u.test(rest);
  rest = rest.replace(/^\((.*)\)$/, "$1").replace(/^[-+]/, "").replace(/^(\p{Sc}|[A-Z]{1,3}\$?)-?/u, "").replace(/(\p{Sc}|%)$/u, "");
  const dot = rest.lastIndexOf(".");
  const comma = rest.lastIndexOf(",");
  if (dot >= 0 && comma >= 0) {
    const thousands = dot > comma ? "," : ".";
    const [whole] = rest.split(dot > comma ? "." : ",");
    if (!isGrouped(whole, thousands)) return null;
    rest = rest.replaceAll(thousands, "").replace(",", ".");
  } else if (comma >= 0) {
    rest = isGrouped(rest, ",") ? rest.replaceAll(",", "") : rest.replace(",", ".");
  } else if (rest.split(".").length > 2) {
    if (!isGrouped(rest, ".")) return null;
    rest = rest.replaceAll(".", "");
  }
  if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(rest)) return null;
  const value = Number(rest);
  return Number.isFinite(value) ? (negative ? -value : value) : null;
}

const isGrouped = (text, mark) =>
  new RegExp(`^\\d{1,3}(\\${mark}\\d{3})+$`).test(text) || /^\d+$/.test(text);

function number(text, turn) {
  const value = readNumber(text);
  return value === null ? { refused: `“${text}” is not a number` } : { value: turn(value) };
}

function rating(field, text) {
  const most = field.options?.max ?? 5;
  const value = /^[★*]+$/.test(text) ? [...text].length : Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) return { refused: `“${text}” is not a whole number from 0 to ${most}` };
  return { value: value || null };
}

function duration(text) {
  const found = /^(-?)(\d+):([0-5]?\d)(?::([0-5]?\d(?:\.\d+)?))?$/.exec(text);
  if (found) {
    const seconds = +found[2] * 3600 + +found[3] * 60 + +(found[4] ?? 0);
    return { value: found[1] ? -seconds : seconds };
  }
  const minutes = readNumber(text);
  return minutes === null ? { refused: `“${text}” is not a duration such as 1:30` } : { value: minutes * 60 };
}

function checkbox(text) {
  const word = text.toLowerCase();
  if (YES.has(word)) return { value: true };
  return NO.has(word) ? { value: null } : { refused: `“${text}” is neither yes nor no` };
}

function date(field, text) {
  const day = readDay(field, text.replace(/[T\s]+\d{1,2}:\d\d(:\d\d(\.\d+)?)?(Z|\s*[ap]m)?$/i, ""));
  return day ? { value: isoDay(day) } : { refused: `“${text}” is not a date such as 2026-11-24` };
}

function dateTime(field, text) {
  const value = readDateTime(field, text);
  return value ? { value } : { refused: `“${text}” is not a time such as 2026-11-24 10:31` };
}

function choiceOf(field, text) {
  const choices = field.options?.choices ?? [];
  return choices.find((choice) => choice.name === text)
    ?? choices.find((choice) => choice.name.trim().toLowerCase() === text.toLowerCase());
}

function noChoice(field, text) {
  const names = (field.options?.choices ?? []).map((choice) => choice.name);
  const few = names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
  return { refused: `“${text}” is no option of “${field.name}”; options are ${few}`, newOption: true };
}

function select(field, text) {
  const choice = choiceOf(field, text);
  return choice ? { value: choice.name } : noChoice(field, text);
}

/** Answer the items of "A, B" or of the lines of a cell; "A, Inc." in quotes is one. */
export function items(text) {
  const lines = parseTsv(text.replace(/,\s*(?=(?:[^"]*"[^"]*")*[^"]*$)/g, "\t")).flat();
  return lines.map((item) => item.trim()).filter((item) => item !== "");
}

function selects(field, text) {
  const whole = choiceOf(field, text);
  if (whole) return { value: [whole.name] };
  const names = [];
  for (const item of items(text)) {
    const choice = choiceOf(field, item);
    if (!choice) return noChoice(field, item);
    if (!names.includes(choice.name)) names.push(choice.name);
  }
  return { value: names.length ? names : null };
}

function links(field, text, find) {
  const table = field.options?.linkedTableId;
  const one = (name) => (/^rec[0-9A-Za-z]{14}$/.test(name) ? [name] : find(table, name));
  const whole = one(text);
  const parts = whole.length ? [text] : items(text);
  const ids = [];
  for (const part of parts) {
    const found = part === text ? whole : one(part);
    if (found.length === 0) return { refused: `no record is called “${part}”` };
    if (found.length > 1) return { refused: `${found.length} records are called “${part}”; pick one in the cell` };
    if (!ids.includes(found[0])) ids.push(found[0]);
  }
  if (field.options?.prefersSingleRecordLink && ids.length > 1) return { refused: `“${field.name}” takes one record` };
  return { value: ids.length ? ids : null };
}
