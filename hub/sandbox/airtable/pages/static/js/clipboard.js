// What does a copied block hold, and what becomes of a pasted one? One batch, one undo entry; cells
// that a field refuses keep their value and are listed.
import { plural } from "./dom.js";
import { parse } from "./parse.js";
import { formatTsv, parseTsv } from "./tsv.js";
import { editorOf, isComputed, same, show } from "./values.js";

/** Answer the text of the selected block. */
export function copyText(grid, base) {
  const block = grid.selection.block();
  if (!block) return null;
  const { ids, fields } = grid.view();
  const rows = ids.slice(block.top, block.bottom + 1).map((id) => {
    const row = grid.table.rows.get(id);
    return fields.slice(block.left, block.right + 1).map((field) => copied(field, row[field.id], base.names));
  });
  return { text: formatTsv(rows), cells: rows.length * (rows[0]?.length ?? 0) };
}

function copied(field, value, names) {
  if (field.type === "checkbox" && !isComputed(field)) return value ? "true" : "";
  if (field.type === "multipleSelects" || field.type === "multipleRecordLinks") {
    const words = (value ?? []).map((item) => (field.type === "multipleSelects" ? item : names(field.options?.linkedTableId, item) ?? item));
    return words.map((word) => (word.includes(",") || word.includes('"') ? `"${word.replaceAll('"', '""')}"` : word)).join(", ");
  }
  return show(field, value, names);
}

/** Answer {create, update, refused, skipped} for a text pasted at the selection. */
export function planPaste(grid, base, text) {
  let cells = parseTsv(text);
  const block = grid.selection.block();
  if (!block || !cells.length) return null;
  const [tall, wide] = [block.bottom - block.top + 1, block.right - block.left + 1];
  const [rows, columns] = [cells.length, cells[0].length];
  if (tall % rows === 0 && wide % columns === 0 && (tall > rows || wide > columns)) {
    cells = Array.from({ length: tall }, (_, r) => Array.from({ length: wide }, (_, c) => cells[r % rows][c % columns]));
  }
  const { ids, fields } = grid.view();
  const plan = { create: [], update: [], refused: [], skipped: 0, beyond: 0, top: block.top, left: block.left,
    bottom: block.top + cells.length - 1, right: Math.min(block.left + cells[0].length, fields.length) - 1 };
  cells.forEach((line, offset) => {
    const id = ids[block.top + offset];
    const row = id ? grid.table.rows.get(id) : null;
    const values = {};
    line.forEach((cell, index) => {
      const field = fields[block.left + index];
      if (!field) { plan.beyond += 1; return; }
      if (!editorOf(field)) { plan.skipped += 1; return; }
      const read = parse(field, cell, base.find);
      if (read.refused) plan.refused.push({ line: offset + 1, id, created: id ? null : plan.create.length, field, text: cell, reason: read.refused, newOption: Boolean(read.newOption) });
      else if (row ? !same(row[field.id], read.value) : read.value !== null) values[field.id] = read.value;
    });
    if (!id) plan.create.push({ fields: values });
    else if (Object.keys(values).length) plan.update.push({ id, fields: values });
  });
  return plan;
}

/** Answer what a paste did, in a sentence. */
export function pasteWords(plan) {
  const cells = [...plan.update, ...plan.create].reduce((sum, { fields }) => sum + Object.keys(fields).length, 0);
  const parts = [plan.update.length ? `${plural(plan.update.length, "row")} changed` : "", plan.create.length ? `${plural(plan.create.length, "row")} added` : ""];
  const rest = [plan.refused.length ? `${plural(plan.refused.length, "cell")} refused` : "", plan.skipped ? `${plural(plan.skipped, "read-only cell")} left` : "",
    plan.beyond ? `${plural(plan.beyond, "cell")} beyond the last column` : ""];
  const done = parts.filter(Boolean).join(", ") || "Nothing to change";
  return `${cells ? `Pasted ${plural(cells, "cell")}: ` : ""}${done}${rest.some(Boolean) ? `; ${rest.filter(Boolean).join(", ")}` : ""}.`;
}

/** Answer the updates that empty the selected cells. */
export function planClear(grid) {
  const block = grid.selection.block();
  if (!block) return [];
  const { ids, fields } = grid.view();
  const cleared = fields.slice(block.left, block.right + 1).filter((field) => editorOf(field));
  return ids.slice(block.top, block.bottom + 1).map((id) => {
    const row = grid.table.rows.get(id);
    return { id, fields: Object.fromEntries(cleared.filter((field) => !same(row[field.id], null)).map((field) => [field.id, null])) };
  }).filter(({ fields: values }) => Object.keys(values).length);
}

/** Answer the updates that repeat the first row of the selection below it. */
export function planFillDown(grid) {
  const block = grid.selection.block();
  if (!block || block.top === block.bottom) return [];
  const { ids, fields } = grid.view();
  const source = grid.table.rows.get(ids[block.top]);
  const filled = fields.slice(block.left, block.right + 1).filter((field) => editorOf(field));
  return ids.slice(block.top + 1, block.bottom + 1).map((id) => {
    const row = grid.table.rows.get(id);
    return { id, fields: Object.fromEntries(filled.filter((field) => !same(row[field.id], source[field.id])).map((field) => [field.id, source[field.id]])) };
  }).filter(({ fields: values }) => Object.keys(values).length);
}
