// Which rows does a person want to see, and in which order? Conditions and sorts, kept in the URL.
import { h, icon } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { parse } from "./parse.js";
import { isNumeric, resultField, same, show } from "./values.js";

const EMPTY = [["empty", "is empty"], ["filled", "is not empty"]];
const OPERATORS = {
  text: [["has", "contains"], ["hasnot", "does not contain"], ["is", "is"], ["isnot", "is not"], ...EMPTY],
  number: [["is", "="], ["isnot", "≠"], ["gt", ">"], ["lt", "<"], ["ge", "≥"], ["le", "≤"], ...EMPTY],
  date: [["is", "is"], ["lt", "is before"], ["gt", "is after"], ...EMPTY],
  choice: [["is", "is"], ["isnot", "is not"], ...EMPTY],
  checkbox: [["filled", "is checked"], ["empty", "is not checked"]],
};

function kindOf(field) {
  const { type } = resultField(field);
  if (isNumeric(field)) return "number";
  if (["date", "dateTime", "createdTime", "lastModifiedTime"].includes(type)) return "date";
  if (type === "singleSelect") return "choice";
  return type === "checkbox" ? "checkbox" : "text";
}

const needsValue = (operator) => operator !== "empty" && operator !== "filled";

/** Answer {field, operator, value, test} or null where the field is gone or the value unreadable. */
export function condition(table, base, { field: fieldId, operator, value }) {
  const field = table.field.get(fieldId);
  if (!field || !OPERATORS[kindOf(field)].some(([name]) => name === operator)) return null;
  const made = (test) => ({ field: fieldId, operator, value, test: (row) => test(row[fieldId]) });
  if (operator === "empty") return made((cell) => same(cell, null));
  if (operator === "filled") return made((cell) => !same(cell, null));
  const kind = kindOf(field);
  if (kind === "number" || kind === "date") {
    const shown = resultField(field);
    const type = kind === "date" ? "date" : shown.type === "percent" ? "percent" : "number";
    const read = parse({ ...shown, type }, value, () => []);
    if (read.refused || read.value === null) return null;
    const key = (cell) => (kind === "date" ? String(cell).slice(0, 10) : cell);
    const wanted = read.value;
    const tests = { is: (cell) => key(cell) === wanted, isnot: (cell) => key(cell) !== wanted, gt: (cell) => key(cell) > wanted,
      lt: (cell) => key(cell) < wanted, ge: (cell) => key(cell) >= wanted, le: (cell) => key(cell) <= wanted };
    return made((cell) => (same(cell, null) ? operator === "isnot" : tests[operator](cell)));
  }
  const wanted = value.trim().toLowerCase();
  const text = (cell) => show(field, cell, base.names).toLowerCase();
  const tests = { has: (cell) => text(cell).includes(wanted), hasnot: (cell) => !text(cell).includes(wanted),
    is: (cell) => text(cell) === wanted, isnot: (cell) => text(cell) !== wanted };
  return made(tests[operator]);
}

function fieldSelect(table, chosen, label) {
  return h("select", { class: "select", "aria-label": label }, table.fields.map((field) =>
    h("option", { value: field.id, selected: field.id === chosen }, field.name)));
}

/** Ask for conditions; `apply(list)` is called with the readable ones. */
export function askFilter({ table, base, current, apply }) {
  const list = h("div", { class: "stack-small" });
  const problem = h("p", { class: "field-error", role: "alert" });

  function line(given) {
    const field = fieldSelect(table, given?.field ?? table.primary.id, "Field");
    const operator = h("select", { class: "select", "aria-label": "Comparison" });
    const spot = h("span", { class: "grow filter-value" });
    let value = given?.value ?? "";
    const drawValue = () => {
      const chosen = table.field.get(field.value);
      const wanted = needsValue(operator.value);
      if (!wanted) { spot.replaceChildren(); return; }
      const choices = kindOf(chosen) === "choice" ? resultField(chosen).options?.choices : null;
      const input = choices
        ? h("select", { class: "select", "aria-label": "Value" }, choices.map((choice) => h("option", { value: choice.name, selected: choice.name === value }, choice.name)))
        : h("input", { class: "input", "aria-label": "Value", value, placeholder: kindOf(chosen) === "date" ? "2026-11-24" : "" });
      spot.replaceChildren(input);
      value = input.value;
      input.addEventListener("input", () => { value = input.value; });
    };
    const drawOperators = (chosen) => {
      operator.replaceChildren(...OPERATORS[kindOf(table.field.get(field.value))].map(([name, words]) =>
        h("option", { value: name, selected: name === chosen }, words)));
      drawValue();
    };
    field.addEventListener("change", () => { value = ""; drawOperators(); });
    operator.addEventListener("change", drawValue);
    const box = h("div", { class: "filter-line" }, field, operator, spot,
      h("button", { type: "button", class: "button ghost icon-button", "aria-label": "Remove this condition", onclick: () => box.remove() }, icon("x")));
    box.read = () => ({ field: field.value, operator: operator.value, value });
    drawOperators(given?.operator);
    list.append(box);
  }

  const done = (dialog) => {
    const given = [...list.children].map((box) => box.read());
    const made = given.map((one) => condition(table, base, one));
    const bad = made.indexOf(null);
    if (bad >= 0) {
      problem.textContent = `“${given[bad].value}” cannot be compared with “${table.field.get(given[bad].field).name}”.`;
      return;
    }
    dialog.close("done");
    apply(made);
  };
  const filled = current.length ? current : [undefined];
  filled.forEach(line);
  openDialog({ title: "Filter", body: [h("p", { class: "muted" }, "Rows are shown when all conditions hold."), list,
    h("div", {}, h("button", { class: "button small-button", type: "button", onclick: () => line() }, icon("plus"), "Add condition")), problem],
  foot: (dialog) => [h("button", { class: "button", type: "button", onclick: () => { dialog.close("done"); apply([]); } }, "Show all rows"),
    h("button", { class: "button primary", type: "button", onclick: () => done(dialog) }, "Apply")] })
    .classList.add("wide-dialog");
}

/** Ask for a sort. */
export function askSort({ table, current, apply }) {
  const now = current[0];
  const field = fieldSelect(table, now?.column ?? table.primary.id, "Sort by");
  const direction = h("select", { class: "select", "aria-label": "Direction" },
    [["asc", "A → Z, 1 → 9"], ["desc", "Z → A, 9 → 1"]].map(([name, words]) => h("option", { value: name, selected: name === now?.dir }, words)));
  openDialog({ title: "Sort", body: [h("div", { class: "filter-line" }, field, direction),
    h("p", { class: "hint" }, "A click on a column's head sorts too. Empty cells come last.")],
  foot: (dialog) => [h("button", { class: "button", type: "button", onclick: () => { dialog.close("done"); apply([]); } }, "Table order"),
    h("button", { class: "button primary", type: "button", onclick: () => { dialog.close("done"); apply([{ column: field.value, dir: direction.value }]); } }, "Sort")] });
}

/** Answer the query string of a view. */
export function writeQuery({ query, conditions, sorters }) {
  const parts = new URLSearchParams();
  if (query) parts.set("q", query);
  for (const { column, dir } of sorters) parts.append("sort", `${column}.${dir}`);
  for (const { field, operator, value } of conditions) parts.append("filter", `${field}.${operator}.${value ?? ""}`);
  const text = parts.toString();
  return text ? `?${text}` : "";
}

/** Answer the view of a query string, for this table. */
export function readQuery(text, table, base) {
  const parts = new URLSearchParams(text);
  const conditions = parts.getAll("filter").map((part) => {
    const [field, operator, ...value] = part.split(".");
    return condition(table, base, { field, operator, value: value.join(".") });
  }).filter(Boolean);
  const sorters = parts.getAll("sort").map((part) => part.split(".")).filter(([field]) => table.field.has(field))
    .map(([column, dir]) => ({ column, dir: dir === "desc" ? "desc" : "asc" }));
  return { query: parts.get("q") ?? "", conditions, sorters };
}
