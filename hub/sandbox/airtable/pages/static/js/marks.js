// What is marked in the rows in sight: what others changed just now, what a paste was refused, what
// the search found? Drawn after each paint, so that a row drawn again keeps its marks.

const FLASH_MS = 2400;

export class Marks {
  constructor(grid) {
    this.grid = grid;
    this.refused = new Map();
    this.flashes = new Map();
  }

  /** Remember a paste's refusal until the cell changes. */
  refuse(id, fieldId, reason) { this.refused.set(`${id} ${fieldId}`, reason); }

  settle(id, fieldId) { this.refused.delete(`${id} ${fieldId}`); }

  /** Somebody else changed a cell; without a field, made the whole row. */
  flash(id, fieldId, user) {
    const cells = this.flashes.get(id) ?? new Map();
    cells.set(fieldId ?? "", { from: performance.now(), user });
    this.flashes.set(id, cells);
    const element = fieldId ? this.grid.cellElement(id, fieldId) : this.grid.rowElement(id);
    element?.classList.remove("flash");
  }

  draw() {
    const { holder, query } = this.grid;
    for (const element of holder.querySelectorAll(".is-refused, .is-match")) element.classList.remove("is-refused", "is-match");
    const { index } = this.grid.view();
    for (const row of holder.querySelectorAll(".tabulator-row")) {
      row.setAttribute("aria-rowindex", String((index.get(row.dataset.id) ?? 0) + 2));
      this.#light(row);
    }
    for (const [key, reason] of this.refused) {
      const cell = this.grid.cellElement(...key.split(" "));
      if (cell) { cell.classList.add("is-refused"); cell.title = reason; }
    }
    if (query) this.#match(query);
    this.#fade();
  }

  #match(query) {
    for (const cell of this.grid.holder.querySelectorAll(".tabulator-cell:not(.cell-count)")) {
      if (cell.textContent.toLowerCase().includes(query)) cell.classList.add("is-match");
    }
  }

  #light(row) {
    const cells = this.flashes.get(row.dataset.id);
    if (!cells) return;
    const now = performance.now();
    for (const [fieldId, { from, user }] of cells) {
      const element = fieldId ? this.grid.cellElement(row.dataset.id, fieldId) : row;
      if (!element || now - from > FLASH_MS || element.classList.contains("flash")) continue;
      element.style.animationDelay = `${from - now}ms`;
      element.classList.add("flash");
      if (user) element.title = `Changed by ${user}`;
    }
  }

  /** Forget what has faded, and look again when the rest has. */
  #fade() {
    const now = performance.now();
    for (const [id, cells] of this.flashes) {
      for (const [fieldId, { from }] of cells) if (now - from > FLASH_MS) cells.delete(fieldId);
      if (!cells.size) this.flashes.delete(id);
    }
    clearTimeout(this.fading);
    if (this.flashes.size) this.fading = setTimeout(() => this.draw(), FLASH_MS);
    else for (const element of this.grid.holder.querySelectorAll(".flash")) element.classList.remove("flash");
  }

  stop() { clearTimeout(this.fading); this.flashes.clear(); }
}
