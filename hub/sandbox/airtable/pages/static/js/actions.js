// What does a person do to the rows? Each action is one edit, remembered for undo, its refusal said.
import { pasteWords, planClear, planFillDown, planPaste } from "./clipboard.js";
import { confirm, showRefused, toast } from "./dialogs.js";
import { count, plural } from "./dom.js";
import { pickLinks } from "./link_picker.js";
import { items } from "./parse.js";
import { showRecord } from "./record_panel.js";

export class Actions {
  constructor(page) { this.page = page; }

  /** Make an edit, remember it, and say what was refused. */
  async edit(edit, label, grid = this.page.grid) {
    try {
      return await this.page.history.edit(grid.table.id, edit, label);
    } catch (error) {
      toast(`Not saved: ${error.message}`, "bad", error.unreached && edit.create?.length
        ? { words: "Try again", run: () => this.edit(edit, label, grid) } : null);
      return null;
    }
  }

  save(id, field, value, { typecast = false } = {}) {
    return this.edit({ update: [{ id, fields: { [field.id]: value } }], typecast }, `edit of ${field.name}`);
  }

  links(grid, row, field, typed) {
    pickLinks({ base: this.page.base, row, field, typed, recordName: this.page.base.nameOf(grid.table.id, row._id) ?? "the record",
      save: (ids) => this.save(row._id, field, ids) });
  }

  async addRow() {
    const { grid } = this.page;
    if (!grid) return;
    const answer = await this.edit({ create: [{ fields: {} }] }, "new row");
    if (!answer) return;
    const { id } = answer.rows[0];
    if (!grid.view().index.has(id)) { toast("The new row does not match the search or the filter.", "warn"); return; }
    grid.selection.select(id, grid.table.primary.id);
    requestAnimationFrame(() => requestAnimationFrame(() => this.page.editor.begin(grid, { id, field: grid.table.primary.id })));
  }

  selectedIds() {
    const block = this.page.grid?.selection.block();
    return block ? this.page.grid.view().ids.slice(block.top, block.bottom + 1) : [];
  }

  async deleteRows(ids = this.selectedIds()) {
    const { grid } = this.page;
    if (!ids.length) return;
    const names = ids.slice(0, 3).map((id) => `“${this.page.base.nameOf(grid.table.id, id)}”`).join(", ");
    const yes = await confirm({ title: `Delete ${plural(ids.length, "record")}?`, action: "Delete",
      words: `${names}${ids.length > 3 ? ` and ${count(ids.length - 3)} more` : ""} will be deleted, and links to ${ids.length === 1 ? "it" : "them"} removed. Undo brings ${ids.length === 1 ? "it" : "them"} back.` });
    grid.holder.focus({ preventScroll: true });
    if (!yes) return;
    const answer = await this.edit({ remove: ids }, `deletion of ${plural(ids.length, "record")}`, grid);
    if (answer) toast(`${plural(ids.length, "record")} deleted.`, "ok", { words: "Undo", run: () => this.undo() });
  }

  clearCells() {
    const update = planClear(this.page.grid);
    if (update.length) this.edit({ update }, `clearing of ${plural(update.length, "row")}`);
  }

  fillDown() {
    const update = planFillDown(this.page.grid);
    if (update.length) this.edit({ update }, `fill down of ${plural(update.length, "row")}`);
  }

  async paste(text) {
    const { grid } = this.page;
    await this.knowLinked(grid);
    const plan = planPaste(grid, this.page.base, text);
    if (!plan) return;
    if (plan.create.length && (grid.query || grid.conditions.length)) this.page.filter(grid, "", []);
    let created = [];
    if (plan.create.length || plan.update.length) {
      const { create, update } = plan;
      const answer = await this.edit({ create, update }, `paste of ${plural(create.length + update.length, "row")}`, grid);
      if (!answer) return;
      created = answer.rows;
    }
    for (const item of plan.refused) {
      const id = item.id ?? created[item.created]?.id;
      item.id = id;
      if (id) grid.marks.refuse(id, item.field.id, `Refused “${item.text}”: ${item.reason}`);
    }
    grid.selection.selectBlock(plan.top, plan.left, plan.bottom, plan.right);
    const bad = plan.refused.length > 0;
    toast(pasteWords(plan), bad ? "warn" : "ok", bad ? { words: "Show", run: () => showRefused(plan.refused, (items) => this.addOptions(grid, items)) } : null);
  }

  /** Names can only be found among records that were read. */
  async knowLinked(grid) {
    const { left = 0 } = grid.selection.block() ?? {};
    const targets = grid.view().fields.slice(left).map((field) => (field.type === "multipleRecordLinks" ? field.options?.linkedTableId : null));
    await Promise.all(targets.filter(Boolean).map((table) => this.page.base.load(table)))
      .catch((error) => toast(`Names of linked records could not be read. ${error.message}`, "bad"));
  }

  /** Paste again what was refused for want of an option, the options added. */
  async addOptions(grid, list) {
    const rows = new Map();
    for (const { id, field, text } of list) {
      const value = field.type === "multipleSelects" ? items(text) : text.trim();
      rows.set(id, { ...rows.get(id), [field.id]: value });
    }
    const update = [...rows].map(([id, fields]) => ({ id, fields }));
    if (await this.edit({ update, typecast: true }, `paste of ${plural(list.length, "cell")}`, grid)) toast(`${plural(list.length, "cell")} pasted, the options added.`);
  }

  async undo() { this.step(() => this.page.history.undo()); }

  async redo() { this.step(() => this.page.history.redo()); }

  async step(act) {
    try {
      const words = await act();
      if (words) toast(words, "idle");
    } catch (error) { toast(error.message, "bad"); }
  }

  openRecord(id) {
    const { grid } = this.page;
    if (!grid?.table.rows.has(id)) return;
    showRecord({ base: this.page.base, grid, id, trail: this.page.trail, remove: (shown) => this.deleteRows([shown]),
      edit: (shown, field) => { grid.selection.select(shown, field); requestAnimationFrame(() => this.page.editor.begin(grid, { id: shown, field })); } });
  }
}
