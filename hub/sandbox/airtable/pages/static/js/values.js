// How does a cell's value look as text, which editor does its field take, and how does it sort?
import { showDate, showDateTime } from "./dates.js";

const COMPUTED = new Set(["formula", "rollup", "count", "lookup", "multipleLookupValues", "autoNumber", "createdTime",
  "lastModifiedTime", "createdBy", "lastModifiedBy", "button", "externalSyncSource", "aiText"]);
const EDITORS = { multilineText: "long", richText: "long", checkbox: "checkbox", date: "date", dateTime: "date",
  singleSelect: "select", multipleSelects: "selects", multipleRecordLinks: "links" };
const BY_API_ONLY = new Set(["multipleAttachments", "singleCollaborator", "multipleCollaborators"]);

/** Answer whether the base computes this field. */
export const isComputed = (field) => COMPUTED.has(field.type);

/** Answer "text", "long", "checkbox", "date", "select", "selects", "links", or "" for a field that is read only here. */
export function editorOf(field) {
  if (isComputed(field) || BY_API_ONLY.has(field.type)) return "";
  return EDITORS[field.type] ?? "text";
}

/** Answer why a field cannot be edited here. */
export function whyReadOnly(field) {
  if (isComputed(field)) return `“${field.name}” is computed (${field.type})`;
  return `“${field.name}” holds ${field.type === "multipleAttachments" ? "attachments" : "collaborators"}, which only the API writes here`;
}

/** Answer the field a value is shown as: a formula's, rollup's or lookup's result. */
export function resultField(field) {
  const result = field.options?.result;
  return isComputed(field) && result ? { ...field, type: result.type, options: result.options ?? {} } : field;
}

const NUMERIC = new Set(["number", "currency", "percent", "count", "autoNumber", "rating", "duration"]);

/** Answer whether a field's values stand to the right and can be summed. */
export const isNumeric = (field) => NUMERIC.has(resultField(field).type);

/** Answer whether two cell values are the same. */
export function same(a, b) {
  const blank = (value) => value === undefined || value === null || value === "" || value === false
    || (Array.isArray(value) && value.length === 0);
  if (blank(a) || blank(b)) return blank(a) && blank(b);
  return typeof a === "object" || typeof b === "object" ? JSON.stringify(a) === JSON.stringify(b) : a === b;
}

const YEARS = /\b(year|founded|established|since|born)\b/i;
const numberFormats = new Map();

/** Write a number with its thousands grouped, or `plain` as a year is. */
function grouped(number, digits, plain = false) {
  const key = `${digits ?? "auto"} ${plain}`;
  let format = numberFormats.get(key);
  if (!format) {
    const options = digits === undefined ? { maximumFractionDigits: 10 }
      : { minimumFractionDigits: digits, maximumFractionDigits: digits };
    if (plain) options.useGrouping = false;
    format = new Intl.NumberFormat("en-GB", options);
    numberFormats.set(key, format);
  }
  return format.format(number);
}

function duration(seconds, format = "h:mm") {
  const sign = seconds < 0 ? "-" : "";
  const whole = Math.abs(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (format === "h:mm") return `${sign}${hours}:${two(minutes)}`;
  const digits = format.includes(".") ? format.split(".")[1].length : 0;
  return `${sign}${hours}:${two(minutes)}:${rest.toFixed(digits).padStart(digits ? digits + 3 : 2, "0")}`;
}

/** Answer a value as text; `names(tableId, recordId)` names linked records. */
export function show(field, value, names) {
  if (value === undefined || value === null) return "";
  const shown = resultField(field);
  if (Array.isArray(value) && shown.type !== "multipleRecordLinks") {
    return value.map((item) => show(field, item, names)).filter((text) => text !== "").join(", ");
  }
  if (typeof value === "object" && !Array.isArray(value)) return showObject(value);
  switch (shown.type) {
    case "number": return typeof value === "number" ? grouped(value, shown.options?.precision, YEARS.test(field.name)) : String(value);
    case "currency": return typeof value === "number"
      ? `${value < 0 ? "−" : ""}${shown.options?.symbol ?? ""}${grouped(Math.abs(value), shown.options?.precision ?? 2)}` : String(value);
    case "percent": return typeof value === "number" ? `${grouped(value * 100, shown.options?.precision ?? 0)}%` : String(value);
    case "count": case "autoNumber": return typeof value === "number" ? grouped(value) : String(value);
    case "rating": return typeof value === "number" ? "★".repeat(value) : String(value);
    case "duration": return typeof value === "number" ? duration(value, shown.options?.durationFormat) : String(value);
    case "checkbox": return value ? "✓" : "";
    case "date": return showDate(shown, value);
    case "dateTime": case "createdTime": case "lastModifiedTime":
      return shown.options?.timeFormat === undefined && /^\d{4}-\d\d-\d\d$/.test(value) ? showDate(shown, value) : showDateTime(shown, value);
    case "multipleRecordLinks": {
      const target = shown.options?.linkedTableId;
      return (Array.isArray(value) ? value : [value]).map((id) => names(target, id) ?? "…").join(", ");
    }
    case "singleLineText": case "multilineText": return String(value);
    default: return typeof value === "number" ? grouped(value) : value === true ? "✓" : String(value);
  }
}

function showObject(value) {
  if ("error" in value) return value.error;
  if ("specialValue" in value) return value.specialValue;
  return value.name ?? value.email ?? value.filename ?? value.text ?? value.label ?? value.value ?? JSON.stringify(value);
}

/** Answer the text that an editor begins with: plain, ready to be read again. */
export function editText(field, value) {
  if (value === undefined || value === null) return "";
  switch (field.type) {
    case "percent": return typeof value === "number" ? `${+(value * 100).toFixed(8)}%` : String(value);
    case "number": case "currency": case "rating": return String(value);
    case "barcode": return value.text ?? "";
    case "date": return String(value).slice(0, 10);
    case "dateTime": return showDateTime({ ...field, options: { ...field.options, dateFormat: { name: "iso" } } }, value);
    default: return show(field, value, () => "");
  }
}

/** Answer a function that compares two values of a field; empty ones come last in both directions. */
export function comparer(field, names) {
  const shown = resultField(field);
  const order = new Map((shown.options?.choices ?? []).map((choice, index) => [choice.name, index]));
  const key = (value) => {
    if (Array.isArray(value) && value.length === 1 && shown.type !== "multipleRecordLinks") return key(value[0]);
    if (typeof value === "number" || typeof value === "boolean") return Number(value);
    if (shown.type === "singleSelect" && order.has(value)) return order.get(value);
    if (shown.type === "date" || shown.type === "dateTime") return String(value);
    return show(field, value, names);
  };
  return (a, b, direction) => {
    if (same(a, null) || same(b, null)) {
      if (same(a, b)) return 0;
      return same(a, null) === (direction === "asc") ? 1 : -1;
    }
    const [left, right] = [key(a), key(b)];
    if (typeof left === "number" && typeof right === "number") return left - right;
    return collator.compare(String(left), String(right));
  };
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
