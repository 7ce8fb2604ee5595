// How does one table become a grid? Tabulator draws the rows in sight, the heads, the sorting and the
// filtering; what is selected, edited, copied and pasted is ours (selection.js, editor.js, clipboard.js).
import { columnOf, lockedWords } from "./cells.js";
import { h, icon, plural } from "./dom.js";
import { Marks } from "./marks.js";
import { Selection } from "./selection.js";
import { comparer, show } from "./values.js";

const coarse = matchMedia("(pointer: coarse)");
const narrow = matchMedia("(max-width: 699px)");


/** The widths that a person gave to a table's columns, by field. */
function readWidths(table) {
  try { return JSON.parse(localStorage.getItem(`widths ${table}`)) ?? {}; } catch { return {}; }
}

function keepWidth(table, field, width) {
  try { localStorage.setItem(`widths ${table}`, JSON.stringify({ ...readWidths(table), [field]: width })); } catch { /* lasts for the page */ }
}

export class Grid extends EventTarget {
  constructor(base, table, place) {
    super();
    this.base = base;
    this.table = table;
    this.marks = new Marks(this);
    this.queue = [];
    this.query = "";
    this.conditions = [];
    this.words = new Map();
    this.comparers = new Map();
    this.dirty = true;
    this.work = Promise.resolve();
    this.rowHeight = coarse.matches ? 40 : 33;
    this.element = h("div", { class: "grid", data: { table: table.id } });
    place.append(this.element);
    this.ready = new Promise((resolve) => { this.#build(resolve); });
  }

  #build(built) {
    const { table, base } = this;
    this.tabulator = new Tabulator(this.element, {
      index: "_id", data: [...table.rows.values()], columns: this.#columns(), rowHeight: this.rowHeight, layout: "fitData",
      nestedFieldSeparator: false, history: false, keybindings: false, clipboard: false, movableColumns: false,
      headerSortElement: () => icon("arrow-up", "sort-arrow").outerHTML, placeholder: false, renderVerticalBuffer: 400,
      resizableColumnFit: false, popupContainer: "main", sortMode: "local", columnHeaderVertAlign: "middle",
      rowFormatter: (row) => this.#drawn(row),
    });
    this.tabulator.on("tableBuilt", () => {
      this.holder = this.element.querySelector(".tabulator-tableholder");
      this.selection = new Selection({ holder: this.holder, view: () => this.view(), rowHeight: this.rowHeight,
        columnBox: (field) => this.#columnBox(field), rowFor: (id) => this.rowElement(id) });
      this.#describe();
      this.selection.addEventListener("painted", () => this.marks.draw());
      built(this);
    });
    for (const name of ["dataFiltered", "dataSorted", "dataProcessed", "rowAdded", "rowDeleted", "renderComplete"]) {
      this.tabulator.on(name, () => { this.dirty = true; this.selection?.paintSoon(); this.#later(); });
    }
    this.tabulator.on("columnResized", (column) => {
      keepWidth(this.table.id, column.getField(), column.getWidth());
      this.dispatchEvent(new Event("moved"));
    });
    this.names = base.names;
  }

  #later() {
    if (this.telling) return;
    this.telling = requestAnimationFrame(() => { this.telling = 0; this.#count(); this.dispatchEvent(new Event("change")); });
  }

  #columns() {
    const number = { field: "_n", title: "#", width: narrow.matches ? 46 : 68, minWidth: 46, frozen: true, headerSort: false, resizable: false,
      cssClass: "cell-count", titleFormatter: () => h("span", {}, "#", h("span", { class: "visually-hidden" }, " row")),
      formatter: (cell) => {
        const text = h("span", { class: "row-number" });
        cell.getRow().watchPosition((position) => { text.textContent = position || ""; });
        return h("span", { class: "row-count" }, text, h("span", { class: "row-open", data: { open: "1" }, title: "Open the record (Space)" }, icon("maximize-2")));
      } };
    const widths = readWidths(this.table.id);
    const sorter = (field, a, b, direction) => {
      if (!this.comparers.has(field.id)) this.comparers.set(field.id, comparer(field, this.base.names));
      return this.comparers.get(field.id)(a, b, direction);
    };
    const fields = this.table.fields.map((field) => columnOf(field, { primary: field.id === this.table.primary.id,
      narrow: narrow.matches, names: this.base.names, sorter, width: widths[field.id] }));
    return [number, ...fields];
  }

  /** Tabulator's roles fail a screen reader; these do not. */
  #describe() {
    const { element, holder } = this;
    element.setAttribute("role", "presentation");
    element.removeAttribute("aria-owns");
    const header = element.querySelector(".tabulator-header");
    header.id = `head-${this.table.id}`;
    header.removeAttribute("tabindex");
    for (const inner of header.querySelectorAll("[role=rowgroup]")) inner.removeAttribute("role");
    holder.setAttribute("role", "grid");
    holder.setAttribute("aria-label", this.table.name);
    holder.setAttribute("aria-owns", header.id);
    holder.setAttribute("aria-multiselectable", "true");
    holder.setAttribute("aria-describedby", "grid-keys");
    holder.tabIndex = 0;
    this.#count();
  }

  #count() {
    if (!this.holder) return;
    this.holder.setAttribute("aria-rowcount", String(this.view().ids.length + 1));
    this.holder.setAttribute("aria-colcount", String(this.table.fields.length + 1));
  }

  #drawn(row) {
    const element = row.getElement();
    element.dataset.id = row.getData()._id;
    for (const cell of element.querySelectorAll(".tabulator-cell")) cell.tabIndex = -1;
    this.selection?.paintSoon();
  }

  /** Answer the order on the screen: {ids, index, fields}. */
  view() {
    if (this.dirty || !this.seen) {
      const ids = this.tabulator.getRows("active").map((row) => row.getData()._id);
      this.seen = { ids, index: new Map(ids.map((id, index) => [id, index])), fields: this.table.fields };
      this.dirty = false;
    }
    return this.seen;
  }

  rowElement(id) { return this.holder.querySelector(`.tabulator-row[data-id="${CSS.escape(id)}"]`); }

  cellElement(id, fieldId) { return this.rowElement(id)?.querySelector(`.tabulator-cell[tabulator-field="${CSS.escape(fieldId)}"]`); }

  #columnBox(fieldId) {
    const column = this.tabulator.getColumn(fieldId);
    if (!column) return null;
    let left = 0;
    let frozenWidth = 0;
    for (const other of this.tabulator.getColumns()) {
      const frozen = Boolean(other.getDefinition().frozen);
      if (frozen) frozenWidth += other.getWidth();
      if (other.getField() === fieldId) return { left, width: other.getWidth(), frozen, frozenWidth };
      left += other.getWidth();
    }
    return null;
  }

  // --- what the base tells -------------------------------------------------------------------

  /** Show what changed. What comes while Tabulator is still at work is drawn with the next turn. */
  take(change) {
    this.queue.push(change);
    if (this.queue.length === 1) {
      this.work = this.work.then(() => new Promise((resolve) => setTimeout(resolve, 8)))
        .then(() => this.#take(this.queue.splice(0)));
    }
    return this.work;
  }

  async #take(changes) {
    const patches = new Map();
    for (const { row, field } of changes.flatMap(({ changed }) => changed)) {
      this.words.delete(row._id);
      if (!field) continue;
      this.marks.settle(row._id, field.id);
      patches.set(row, { ...patches.get(row), [field.id]: row[field.id] });
    }
    const added = changes.flatMap((change) => change.added);
    const removed = changes.flatMap((change) => change.removed);
    // Tabulator lays out everything again for each row it deletes; past a few, new data is far faster.
    if (removed.length > 3 || added.length > 500 || (removed.length && added.length)) await this.#anew();
    else {
      await this.#patch(patches);
      if (added.length) await this.#add(added);
      if (removed.length) await this.#remove(removed);
    }
    for (const { own, user, ...change } of changes) {
      if (own) continue;
      for (const { row, field } of change.changed) if (field) this.marks.flash(row._id, field.id, user);
      for (const row of change.added) this.marks.flash(row._id, null, user);
    }
    if (added.length || removed.length) { this.dirty = true; this.selection.settle(); }
    this.selection.paintSoon();
  }

  async #patch(patches) {
    const present = this.#present();
    const many = patches.size > 30;
    if (many) this.tabulator.blockRedraw();
    for (const [row, patch] of patches) await present.get(row._id)?.update(patch);
    if (many) this.tabulator.restoreRedraw();
  }

  /** Give Tabulator all rows again, where it stands. */
  async #anew() {
    const { scrollLeft, scrollTop } = this.holder;
    await this.tabulator.replaceData([...this.table.rows.values()]);
    Object.assign(this.holder, { scrollLeft, scrollTop });
  }

  /** Answer Tabulator's rows by id. */
  #present() { return new Map(this.tabulator.getRows().map((row) => [row.getData()._id, row])); }

  async #add(rows) {
    const { scrollLeft, scrollTop } = this.holder;
    const present = this.#present();
    const fresh = rows.filter((row) => this.table.rows.has(row._id) && !present.has(row._id));
    if (fresh.length) await this.tabulator.addData(fresh, false);
    Object.assign(this.holder, { scrollLeft, scrollTop });
  }

  async #remove(ids) {
    const present = this.#present();
    const rows = ids.map((id) => present.get(id)).filter(Boolean);
    if (rows.length) await this.tabulator.deleteRow(rows);
  }

  /** All rows anew: after a page of rows was read, or after the stream lost its place. */
  reload() {
    this.work = this.work.then(() => this.#reload());
    return this.work;
  }

  async #reload() {
    this.words.clear();
    await this.#anew();
    this.dirty = true;
    this.selection.settle();
  }

  /** The schema changed. */
  rebuildColumns() {
    const { scrollLeft, scrollTop } = this.holder;
    const sorters = this.sorters();
    this.comparers.clear();
    this.tabulator.setColumns(this.#columns());
    this.#describe();
    if (sorters.length) this.sort(sorters);
    this.dirty = true;
    Object.assign(this.holder, { scrollLeft, scrollTop });
    this.selection.settle();
  }

  /** Names of linked records arrived: draw the cells in sight again, the others when they come. */
  redrawLinks() {
    this.words.clear();
    const links = this.table.fields.filter((field) => JSON.stringify(field.options ?? {}).includes("linkedTableId"));
    if (!links.length) return;
    for (const row of this.tabulator.getRows()) {
      const inner = row._getSelf();
      if (inner.initialized) row.reformat();
    }
    this.selection.paintSoon();
  }

  // --- searching, filtering, sorting ---------------------------------------------------------

  /** Answer a row's text in lower case, made once. */
  textOf(row) {
    let text = this.words.get(row._id);
    if (text === undefined) {
      text = this.table.fields.map((field) => show(field, row[field.id], this.base.names)).join("\n").toLowerCase();
      this.words.set(row._id, text);
    }
    return text;
  }

  applyFilter() {
    const tests = this.conditions.map((condition) => condition.test);
    if (!this.query && !tests.length) { this.tabulator.clearFilter(); return; }
    this.tabulator.setFilter((row) => (!this.query || this.textOf(row).includes(this.query)) && tests.every((test) => test(row)));
  }

  sort(list) { if (list.length) this.tabulator.setSort(list); else this.tabulator.clearSort(); }

  sorters() { return this.tabulator.getSorters().map(({ field, dir }) => ({ column: field, dir })); }

  /** Answer "8,800 records" or "12 of 8,800 records". */
  shownWords() {
    const [shown, all] = [this.view().ids.length, this.table.rows.size];
    return !this.query && !this.conditions.length ? plural(all, "record") : `${shown.toLocaleString("en-GB")} of ${plural(all, "record")}`;
  }

  tooltip(fieldId) { return lockedWords(this.table.field.get(fieldId)); }

  show(visible) {
    this.element.hidden = !visible;
    if (visible) { this.tabulator.redraw(); this.selection?.paintSoon(); }
  }

  destroy() {
    this.marks.stop();
    this.take = () => Promise.resolve();
    this.work.finally(() => { this.tabulator.destroy(); this.element.remove(); });
  }
}
