// Which cells are selected, where does a key lead, and how is that shown? Positions are (row, column)
// in the order on the screen; the rows are kept by id, so that a sort or a new row moves nothing.

export class Selection extends EventTarget {
  /** `view()` answers {ids, index: Map(id → row), fields}; `holder` scrolls; `metrics` knows sizes. */
  constructor({ holder, view, rowHeight, columnBox, rowFor }) {
    super();
    Object.assign(this, { holder, view, rowHeight, columnBox, rowFor });
    this.anchor = null;
    this.focus = null;
    this.painted = [];
    this.scheduled = 0;
    holder.addEventListener("scroll", () => this.paintSoon(), { passive: true });
  }

  #at(place) {
    const { index, fields } = this.view();
    const row = index.get(place.id);
    const column = fields.findIndex((field) => field.id === place.field);
    return row === undefined || column < 0 ? null : { row, column };
  }

  #place(row, column) {
    const { ids, fields } = this.view();
    if (!ids.length || !fields.length) return null;
    const within = (value, length) => Math.max(0, Math.min(length - 1, value));
    return { id: ids[within(row, ids.length)], field: fields[within(column, fields.length)].id };
  }

  /** Answer the selected block {top, bottom, left, right, row, column}, or null. */
  block() {
    const focus = this.focus && this.#at(this.focus);
    if (!focus) return null;
    const anchor = this.#at(this.anchor) ?? focus;
    return { top: Math.min(anchor.row, focus.row), bottom: Math.max(anchor.row, focus.row),
      left: Math.min(anchor.column, focus.column), right: Math.max(anchor.column, focus.column),
      row: anchor.row, column: anchor.column };
  }

  /** Answer the active cell {id, field}: where an edit begins. */
  active() { return this.anchor && this.#at(this.anchor) ? this.anchor : null; }

  select(id, field, { extend = false, reveal = true } = {}) {
    this.focus = { id, field };
    if (!extend || !this.anchor) this.anchor = this.focus;
    this.#changed(reveal);
  }

  selectRow(id, extend = false) {
    const { fields } = this.view();
    if (!fields.length) return;
    this.anchor = { id: extend && this.anchor ? this.anchor.id : id, field: fields[0].id };
    this.focus = { id, field: fields.at(-1).id };
    this.#changed(false);
  }

  selectAll() { this.selectBlock(0, 0, Infinity, Infinity); }

  selectBlock(top, left, bottom, right) {
    this.anchor = this.#place(top, left);
    this.focus = this.#place(bottom, right);
    this.#changed(false);
  }

  /** Move by rows and columns; `extend` keeps the anchor. */
  move(rows, columns, { extend = false } = {}) {
    const from = (extend ? this.focus : this.anchor) && this.#at(extend ? this.focus : this.anchor);
    const place = from ? this.#place(from.row + rows, from.column + columns) : this.#place(0, 0);
    if (place) this.select(place.id, place.field, { extend });
  }

  /** Put the active cell back on something that is there. */
  settle() {
    if (!this.focus || !this.#at(this.focus) || !this.#at(this.anchor)) {
      const place = this.#place(this.lastRow ?? 0, this.lastColumn ?? 0);
      this.anchor = place;
      this.focus = place;
    }
    this.#changed(false);
  }

  #changed(reveal) {
    const block = this.block();
    if (block) Object.assign(this, { lastRow: block.row, lastColumn: block.column });
    if (reveal) this.reveal();
    this.paintSoon();
    this.dispatchEvent(new Event("change"));
  }

  /** Scroll the moving end into sight. */
  reveal() {
    const at = this.focus && this.#at(this.focus);
    if (!at) return;
    const { holder, rowHeight } = this;
    const top = at.row * rowHeight;
    if (top < holder.scrollTop) holder.scrollTop = top;
    else if (top + rowHeight > holder.scrollTop + holder.clientHeight) holder.scrollTop = top + rowHeight - holder.clientHeight;
    const box = this.columnBox(this.focus.field);
    if (!box || box.frozen) return;
    if (box.left < holder.scrollLeft + box.frozenWidth) holder.scrollLeft = box.left - box.frozenWidth;
    else if (box.left + box.width > holder.scrollLeft + holder.clientWidth) holder.scrollLeft = box.left + box.width - holder.clientWidth;
  }

  paintSoon() {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame(() => { this.scheduled = 0; this.paint(); });
  }

  /** Mark the cells in sight. */
  paint() {
    for (const element of this.painted) {
      element.classList.remove("is-selected", "is-active", "row-active");
      if (element.id === "active-cell") element.removeAttribute("id");
      element.removeAttribute("aria-selected");
    }
    this.painted = [];
    const block = this.block();
    let active = false;
    if (block) {
      const { index, fields } = this.view();
      const columns = new Map(fields.map((field, column) => [field.id, column]));
      for (const rowElement of this.holder.querySelectorAll(".tabulator-row")) {
        const row = index.get(rowElement.dataset.id);
        if (row === undefined || row < block.top || row > block.bottom) continue;
        rowElement.classList.add("row-active");
        this.painted.push(rowElement);
        for (const cell of rowElement.querySelectorAll(".tabulator-cell")) {
          const column = columns.get(cell.getAttribute("tabulator-field"));
          if (column === undefined || column < block.left || column > block.right) continue;
          cell.classList.add("is-selected");
          cell.setAttribute("aria-selected", "true");
          this.painted.push(cell);
          if (row === block.row && column === block.column) {
            cell.classList.add("is-active");
            cell.id = "active-cell";
            active = true;
          }
        }
      }
    }
    if (active) this.holder.setAttribute("aria-activedescendant", "active-cell");
    else this.holder.removeAttribute("aria-activedescendant");
    this.dispatchEvent(new Event("painted"));
  }
}
