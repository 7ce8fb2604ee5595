// How is a cell drawn, and a column's head?
import { h, icon } from "./dom.js";
import { editorOf, isComputed, isNumeric, resultField, show, whyReadOnly } from "./values.js";

const ICONS = { singleLineText: "type", multilineText: "text-align-start", richText: "text-align-start", number: "hash",
  currency: "banknote", percent: "percent", date: "calendar", dateTime: "calendar-clock", checkbox: "square-check",
  singleSelect: "circle-chevron-down", multipleSelects: "list-checks", multipleRecordLinks: "link-2", url: "globe",
  email: "mail", phoneNumber: "phone", formula: "square-function", rollup: "sigma", count: "sigma",
  multipleLookupValues: "search", lookup: "search", multipleAttachments: "paperclip", rating: "star", duration: "timer",
  barcode: "scan-barcode", singleCollaborator: "user", multipleCollaborators: "users", createdBy: "user",
  lastModifiedBy: "user", createdTime: "clock", lastModifiedTime: "clock", autoNumber: "hash", button: "mouse-pointer-click" };
const WIDTHS = { multilineText: 260, richText: 260, number: 110, currency: 120, percent: 100, date: 124, dateTime: 172,
  checkbox: 92, singleSelect: 150, multipleSelects: 210, multipleRecordLinks: 210, url: 210, email: 210, count: 100,
  autoNumber: 84, rating: 110, duration: 100, createdTime: 172, lastModifiedTime: 172 };

export const iconOf = (field) => ICONS[field.type] ?? "braces";

export function widthOf(field, isPrimary, narrow) {
  if (isPrimary) return narrow ? 148 : 232;
  const wide = Math.max(WIDTHS[resultField(field).type] ?? 170, WIDTHS[field.type] ?? 0);
  return Math.max(wide, Math.min(270, field.name.length * 8.6 + (editorOf(field) ? 66 : 84)));
}

/** Answer the head of a column: its type, its name, and whether it is computed. */
export function drawHead(field) {
  const words = [field.description, isComputed(field) ? "Computed, read only" : ""].filter(Boolean).join("\n");
  return h("span", { class: "head", title: words ? `${field.name}\n${words}` : field.name },
    icon(iconOf(field), "head-icon"), h("span", { class: "head-name" }, field.name),
    editorOf(field) ? null : h("span", { class: "head-lock" }, icon("lock"), h("span", { class: "visually-hidden" }, " (read only)")));
}

/** Answer the classes of a choice, from Airtable's colour words such as blueLight2 or tealDark1. */
export function choiceClass(field, name) {
  const color = (field.options?.choices ?? []).find((choice) => choice.name === name)?.color ?? "grayLight2";
  const found = /^([a-z]+)(Light2|Light1|Bright|Dark1)$/.exec(color);
  return found ? `choice hue-${found[1]} tone-${found[2].toLowerCase()}` : "choice hue-gray tone-light2";
}

export const chip = (field, name) => h("span", { class: choiceClass(field, name) }, name);

function link(value, address) {
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", tabindex: "-1", class: "cell-link" }, value);
}

/** Draw a value. */
export function drawValue(field, value, names) {
  if (value === null || value === undefined) return "";
  const shown = resultField(field);
  switch (shown.type) {
    case "singleSelect": return typeof value === "string" ? chip(shown, value) : show(field, value, names);
    case "multipleSelects": return h("span", { class: "chips" }, [value].flat().map((name) => chip(shown, String(name))));
    case "multipleRecordLinks": return drawLinks(shown, [value].flat(), names);
    case "checkbox": return value === true ? h("span", { class: "tick" }, icon("check"), h("span", { class: "visually-hidden" }, "yes")) : "";
    case "url": return /^https?:\/\//i.test(value) ? link(value, value) : String(value);
    case "email": return /^[^\s@]+@[^\s@]+$/.test(value) ? link(value, `mailto:${value}`) : String(value);
    case "rating": return h("span", { class: "stars" }, show(field, value, names));
    default:
      if (typeof value === "object" && "error" in value) return h("span", { class: "cell-error" }, value.error);
      return show(field, value, names);
  }
}

function drawLinks(field, ids, names) {
  const shown = ids.slice(0, 12).map((id) => h("span", { class: "link-chip" }, names(field.options?.linkedTableId, id) ?? "…"));
  if (ids.length > 12) shown.push(h("span", { class: "muted" }, `+${ids.length - 12}`));
  return h("span", { class: "chips" }, shown);
}

/** Answer Tabulator's definition of a field's column. */
export function columnOf(field, { primary, narrow, names, sorter, width }) {
  const kinds = [isNumeric(field) ? "cell-number" : "", editorOf(field) ? "" : "cell-computed",
    field.type === "checkbox" ? "cell-check" : "", primary ? "cell-primary" : ""];
  return {
    field: field.id, title: field.name, width: width ?? widthOf(field, primary, narrow), minWidth: 60, frozen: primary,
    cssClass: kinds.filter(Boolean).join(" "), headerSortTristate: true, headerTooltip: false,
    titleFormatter: () => drawHead(field),
    formatter: (cell) => {
      const value = cell.getValue();
      if (!editorOf(field)) cell.getElement().setAttribute("aria-readonly", "true");
      if (field.type === "checkbox" && editorOf(field)) {
        return h("span", { class: value ? "box box-on" : "box", data: { box: "1" } }, value ? icon("check") : "",
          h("span", { class: "visually-hidden" }, value ? "yes" : "no"));
      }
      return drawValue(field, value, names);
    },
    sorter: (a, b, rowA, rowB, column, direction) => sorter(field, a, b, direction),
  };
}

/** Answer the tooltip of a cell that does not take an edit. */
export const lockedWords = (field) => (editorOf(field) ? "" : whyReadOnly(field));
