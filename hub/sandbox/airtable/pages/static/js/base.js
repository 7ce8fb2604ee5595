// The page of a base: which table is shown, and who does what when a person acts.
import { lockedWords } from "./cells.js";
import { copyText, pasteWords, planClear, planFillDown, planPaste } from "./clipboard.js";
import { ago } from "./dates.js";
import { askName, confirm, dropOffers, showHelp, showRefused, toast } from "./dialogs.js";
import { $, count, h, hueOf, icon, initials, plural } from "./dom.js";
import { Editor } from "./editor.js";
import { askFilter, askSort, readQuery, writeQuery } from "./filters.js";
import { Grid } from "./grid.js";
import { History } from "./history.js";
import { gridKeys, pageKeys } from "./keys.js";
import { items } from "./parse.js";
import { pickLinks } from "./link_picker.js";
import { Live } from "./live.js";
import { showRecord, Trail } from "./record_panel.js";
import { Base } from "./store.js";
import { isNumeric, resultField, show } from "./values.js";

const PEOPLE = ["Alex", "Robin", "Sam", "Kim"];

function readName() { try { return localStorage.getItem("name") || "Alex"; } catch { return "Alex"; } }

function keepName(name) { try { localStorage.setItem("name", name); } catch { /* lasts for the page */ } }

class Page {
  constructor() {
    this.base = new Base(document.body.dataset.base);
    this.base.user = readName();
    this.history = new History(this.base);
    this.live = new Live(this.base);
    this.trail = new Trail(this.base);
    this.grids = new Map();
    this.search = $("search");
    this.editor = new Editor({ place: $("overlay"), base: this.base, say: toast,
      save: (...given) => this.save(...given), links: (...given) => this.links(...given) });
    this.status = { state: "live", error: null };
  }

  get grid() { return this.grids.get(this.tableId); }

  async open() {
    this.listen();
    this.showMe();
    try {
      await this.base.open();
    } catch (error) {
      this.blank("circle-x", `This base could not be opened. ${error.message}`, h("a", { class: "button", href: "/" }, "All bases"));
      $("base-name").textContent = "Not opened";
      document.body.classList.add("not-opened");
      return;
    }
    $("base-name").textContent = this.base.name;
    this.drawTabs();
    const wanted = location.pathname.split("/")[2];
    const first = this.base.tables.has(wanted) ? wanted : this.base.tables.keys().next().value;
    if (!first) { this.blank("table-2", "This base has no tables."); return; }
    this.live.start();
    await this.showTable(first, { query: location.search, push: false });
  }

  // --- tables --------------------------------------------------------------------------------

  drawTabs() {
    $("tables").replaceChildren(...[...this.base.tables.values()].map((table) => h("a", { class: "tab", href: `/${this.base.id}/${table.id}`,
      data: { table: table.id }, "aria-current": table.id === this.tableId ? "page" : null }, table.name)));
  }

  async showTable(id, { query = null, push = true } = {}) {
    this.editor.finish({ left: true });
    const table = this.base.tables.get(id);
    this.tableId = id;
    document.title = `${table.name} · ${this.base.name}`;
    $("table-name").textContent = table.name;
    for (const tab of $("tables").children) {
      if (tab.dataset.table === id) { tab.setAttribute("aria-current", "page"); tab.scrollIntoView({ block: "nearest", inline: "nearest" }); }
      else tab.removeAttribute("aria-current");
    }
    for (const [other, grid] of this.grids) grid.show(other === id);
    if (!this.grids.has(id)) await this.makeGrid(table, query);
    const grid = this.grids.get(id);
    this.search.value = grid.query;
    if (push) history.pushState({}, "", `/${this.base.id}/${id}${writeQuery({ ...grid, sorters: grid.sorters() })}`);
    this.draw();
    if (!document.activeElement || document.activeElement === document.body) grid.holder.focus({ preventScroll: true });
  }

  async makeGrid(table, query) {
    if (!table.loading) this.blank("loader", `Reading ${table.name}…`);
    const first = new Promise((resolve) => {
      const heard = ({ detail }) => { if (detail.table === table) { this.base.removeEventListener("loaded", heard); resolve(); } };
      if (table.complete) resolve(); else this.base.addEventListener("loaded", heard);
    });
    const reading = this.base.load(table.id);
    try {
      await Promise.race([first, reading]);
    } catch (error) {
      this.blank("circle-x", `${table.name} could not be read. ${error.message}`,
        h("button", { class: "button", type: "button", onclick: () => this.showTable(table.id, { query }) }, "Try again"));
      throw error;
    }
    const grid = new Grid(this.base, table, $("grid"));
    this.grids.set(table.id, grid);
    await grid.ready;
    $("blank").hidden = true;
    this.listenTo(grid);
    grid.selection.settle();
    const arrived = async () => {
      if (grid.tabulator.getDataCount() !== table.rows.size) await grid.reload();
      const view = readQuery(query ?? "", table, this.base);
      if (view.query || view.conditions.length) this.filter(grid, view.query, view.conditions);
      if (view.sorters.length) grid.sort(view.sorters);
      this.draw();
      this.loadLinked(table);
    };
    if (table.complete) await arrived(); else reading.then(arrived, (error) => toast(`Not all rows could be read. ${error.message}`, "bad"));
  }

  /** Names of linked records come from their own tables, read after this one is shown. */
  async loadLinked(table) {
    const targets = new Set();
    for (const field of table.fields) {
      const shown = resultField(field);
      const target = shown.options?.linkedTableId;
      if (target && shown.type === "multipleRecordLinks" && !this.base.tables.get(target)?.complete) targets.add(target);
    }
    for (const target of targets) await this.base.load(target).catch((error) => toast(`Names of linked records could not be read. ${error.message}`, "bad"));
    if (targets.size) this.grids.get(table.id)?.redrawLinks();
  }

  stepTable(by) {
    const ids = [...this.base.tables.keys()];
    this.showTable(ids[(ids.indexOf(this.tableId) + by + ids.length) % ids.length]);
  }

  blank(name, words, action = null) {
    $("blank").hidden = false;
    $("blank").replaceChildren(h("div", { class: "empty" }, icon(name, name === "loader" ? "spin" : ""), h("p", {}, words), action));
  }

  // --- edits ---------------------------------------------------------------------------------

  /** Make an edit, remember it, and say what was refused. */
  async edit(edit, label, grid = this.grid) {
    try {
      return await this.history.edit(grid.table.id, edit, label);
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
    pickLinks({ base: this.base, row, field, typed, recordName: this.base.nameOf(grid.table.id, row._id) ?? "the record",
      save: (ids) => this.save(row._id, field, ids) });
  }

  async addRow() {
    const { grid } = this;
    if (!grid) return;
    const answer = await this.edit({ create: [{ fields: {} }] }, "new row");
    if (!answer) return;
    const { id } = answer.rows[0];
    if (!grid.view().index.has(id)) { toast("The new row does not match the search or the filter.", "warn"); return; }
    grid.selection.select(id, grid.table.primary.id);
    requestAnimationFrame(() => requestAnimationFrame(() => this.editor.begin(grid, { id, field: grid.table.primary.id })));
  }

  selectedIds() {
    const block = this.grid?.selection.block();
    return block ? this.grid.view().ids.slice(block.top, block.bottom + 1) : [];
  }

  async deleteRows(ids = this.selectedIds()) {
    const { grid } = this;
    if (!ids.length) return;
    const names = ids.slice(0, 3).map((id) => `“${this.base.nameOf(grid.table.id, id)}”`).join(", ");
    const yes = await confirm({ title: `Delete ${plural(ids.length, "record")}?`, action: "Delete",
      words: `${names}${ids.length > 3 ? ` and ${count(ids.length - 3)} more` : ""} will be deleted, and links to ${ids.length === 1 ? "it" : "them"} removed. Undo brings ${ids.length === 1 ? "it" : "them"} back.` });
    grid.holder.focus({ preventScroll: true });
    if (!yes) return;
    const answer = await this.edit({ remove: ids }, `deletion of ${plural(ids.length, "record")}`, grid);
    if (answer) toast(`${plural(ids.length, "record")} deleted.`, "ok", { words: "Undo", run: () => this.undo() });
  }

  clearCells() {
    const update = planClear(this.grid);
    if (update.length) this.edit({ update }, `clearing of ${plural(update.length, "row")}`);
  }

  fillDown() {
    const update = planFillDown(this.grid);
    if (update.length) this.edit({ update }, `fill down of ${plural(update.length, "row")}`);
  }

  async paste(text) {
    const { grid } = this;
    const plan = planPaste(grid, this.base, text);
    if (!plan) return;
    if (plan.create.length && (grid.query || grid.conditions.length)) this.filter(grid, "", []);
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
      if (id) grid.refused.set(`${id} ${item.field.id}`, `Refused “${item.text}”: ${item.reason}`);
    }
    grid.selection.selectBlock(plan.top, plan.left, plan.bottom, plan.right);
    const bad = plan.refused.length > 0;
    toast(pasteWords(plan), bad ? "warn" : "ok", bad ? { words: "Show", run: () => showRefused(plan.refused, (items) => this.addOptions(grid, items)) } : null);
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

  async undo() { this.step(() => this.history.undo()); }

  async redo() { this.step(() => this.history.redo()); }

  async step(act) {
    try {
      const words = await act();
      if (words) toast(words, "idle");
    } catch (error) { toast(error.message, "bad"); }
  }

  openRecord(id) {
    const { grid } = this;
    if (!grid?.table.rows.has(id)) return;
    showRecord({ base: this.base, grid, id, trail: this.trail, remove: (shown) => this.deleteRows([shown]),
      edit: (shown, field) => { grid.selection.select(shown, field); requestAnimationFrame(() => this.editor.begin(grid, { id: shown, field })); } });
  }

  help() { showHelp(); }

  // --- view ----------------------------------------------------------------------------------

  filter(grid, query, conditions) {
    grid.query = query.trim().toLowerCase();
    grid.conditions = conditions;
    grid.applyFilter();
    grid.selection.settle();
    if (grid === this.grid) { if (this.search.value.trim().toLowerCase() !== grid.query) this.search.value = query; this.remember(); }
    this.draw();
  }

  remember() {
    const { grid } = this;
    if (!grid) return;
    const address = `/${this.base.id}/${this.tableId}${writeQuery({ ...grid, sorters: grid.sorters() })}`;
    if (address !== location.pathname + location.search) history.replaceState({}, "", address);
  }

  draw() {
    const { grid } = this;
    if (!grid?.selection) return;
    $("shown").textContent = grid.table.complete ? grid.shownWords() : `${plural(grid.table.rows.size, "record")} so far…`;
    $("filter").classList.toggle("is-on", grid.conditions.length > 0);
    $("filter").querySelector(".label-text").textContent = grid.conditions.length ? `Filter: ${grid.conditions.length}` : "Filter";
    const sorter = grid.sorters()[0];
    $("sort").classList.toggle("is-on", Boolean(sorter));
    $("sort").querySelector(".label-text").textContent = sorter ? `Sort: ${grid.table.field.get(sorter.column)?.name ?? ""}` : "Sort";
    this.drawSelection();
    const empty = grid.table.complete && grid.view().ids.length === 0;
    if (!empty) { $("blank").hidden = true; return; }
    if (grid.table.rows.size === 0) this.blank("table-2", "No records yet. Add a row, or paste a block from a spreadsheet.", h("button", { class: "button primary", type: "button", onclick: () => this.addRow() }, icon("plus"), "Add row"));
    else this.blank("search", "No record matches the search or the filter.", h("button", { class: "button", type: "button", onclick: () => this.filter(grid, "", []) }, "Show all rows"));
  }

  drawSelection() {
    const { grid } = this;
    const block = grid?.selection?.block();
    const parts = [];
    let editor = "";
    if (block) {
      const { ids, fields } = grid.view();
      const rows = block.bottom - block.top + 1;
      const cells = rows * (block.right - block.left + 1);
      if (cells > 1) parts.push(plural(cells, "cell"));
      const field = fields[block.left];
      if (cells > 1 && block.left === block.right && isNumeric(field) && rows <= 20000) {
        const numbers = ids.slice(block.top, block.bottom + 1).map((id) => grid.table.rows.get(id)?.[field.id]).flat().filter((value) => typeof value === "number");
        const sum = numbers.reduce((total, value) => total + value, 0);
        if (numbers.length) parts.push(`Sum ${show(field, sum, this.base.names)}`, `Average ${show(field, sum / numbers.length, this.base.names)}`);
      }
      const whole = block.left === 0 && block.right === fields.length - 1;
      $("delete").hidden = !(whole || rows > 1);
      $("delete").querySelector(".label-text").textContent = `Delete ${plural(rows, "row")}`;
      const row = grid.table.rows.get(ids[block.row]);
      if (row?._by) editor = `${row._by} edited this row${row._at ? ` ${ago(row._at)}` : ""}`;
      if (cells === 1 && !editor) editor = lockedWords(field);
    } else $("delete").hidden = true;
    $("summary").textContent = parts.join(" · ");
    $("last-edit").textContent = editor;
  }

  drawStatus() {
    const { state, error } = this.status;
    const [name, words, kind] = error ? ["triangle-alert", error, "warn"]
      : this.base.waiting > 0 ? ["loader", "Saving…", "run"]
        : state === "lost" ? ["wifi-off", "Reconnecting…", "warn"] : ["circle-check", "Saved", "ok"];
    const was = $("status").firstElementChild?.textContent;
    if (was !== words) $("status").replaceChildren(h("span", { class: `badge ${kind}` }, icon(name), h("span", {}, words)));
  }

  drawPeople(people) {
    const others = people.filter((name) => name !== this.base.user);
    $("people").hidden = others.length === 0;
    $("people").replaceChildren(...others.slice(0, 5).map((name) => h("span", { class: `avatar hue-${hueOf(name)}`, title: `${name} is here`, role: "img", "aria-label": `${name} is here` }, initials(name))));
  }

  showMe() {
    const name = this.base.user;
    const avatar = $("me").querySelector(".avatar");
    avatar.className = `avatar hue-${hueOf(name)}`;
    avatar.textContent = initials(name);
    $("me").querySelector(".me-name").textContent = name;
    $("me").setAttribute("aria-label", `You are ${name}. Change the name`);
  }

  // --- what happens --------------------------------------------------------------------------

  listen() {
    const { base } = this;
    base.addEventListener("rows", ({ detail }) => {
      const grid = this.grids.get(detail.table.id);
      if (!detail.own) this.editor.clash(detail.table, detail.changed, detail.user);
      this.editor.gone(detail.removed);
      if (grid) grid.ready.then(() => grid.take(detail)).then(() => this.draw());
      for (const [id, other] of this.grids) {
        const primary = detail.changed.some(({ field }) => field?.id === detail.table.primary.id) || detail.added.length;
        if (id !== detail.table.id && primary) other.redrawLinks();
      }
    });
    base.addEventListener("loaded", ({ detail }) => { if (detail.table.id === this.tableId) this.draw(); });
    base.addEventListener("schema", () => {
      this.drawTabs();
      for (const grid of this.grids.values()) grid.ready.then(() => grid.rebuildColumns());
    });
    base.addEventListener("reset", () => this.rebuild());
    base.addEventListener("sending", () => { this.status.error = null; this.drawStatus(); });
    base.addEventListener("sent", ({ detail }) => { this.status.error = detail.error ? "Not saved" : null; this.drawStatus(); });
    base.addEventListener("unreached", () => { this.status.error = "Offline, trying again"; this.drawStatus(); });
    this.live.addEventListener("state", ({ detail }) => { this.status.state = detail; this.drawStatus(); });
    this.live.addEventListener("people", ({ detail }) => this.drawPeople(detail));
    this.live.addEventListener("trouble", ({ detail }) => toast(`The base could not be read again. ${detail.message}`, "bad"));
    this.history.addEventListener("change", () => { dropOffers(); $("undo").disabled = !this.history.done.length; $("redo").disabled = !this.history.undone.length; });
    window.addEventListener("beforeunload", (event) => { if (base.waiting > 0) event.preventDefault(); });
    window.addEventListener("popstate", () => {
      const id = location.pathname.split("/")[2];
      if (base.tables.has(id)) this.showTable(id, { push: false });
    });
    this.listenToTools();
    document.addEventListener("keydown", pageKeys(this));
    for (const name of ["copy", "cut", "paste"]) document.addEventListener(name, (event) => this.clipboard(event));
    this.drawStatus();
  }

  listenToTools() {
    const press = { undo: () => this.undo(), redo: () => this.redo(), help: () => this.help(), add: () => this.addRow(), delete: () => this.deleteRows(),
      filter: () => this.grid && askFilter({ table: this.grid.table, base: this.base, current: this.grid.conditions, apply: (list) => this.filter(this.grid, this.search.value, list) }),
      sort: () => this.grid && askSort({ table: this.grid.table, current: this.grid.sorters(), apply: (list) => this.grid.sort(list) }),
      me: async () => {
        const name = await askName(this.base.user, [...this.base.people.map((person) => person.name ?? person), ...PEOPLE].slice(0, 8));
        if (!name || name === this.base.user) return;
        this.base.user = name;
        keepName(name);
        this.showMe();
        this.live.reopen();
      } };
    for (const [id, act] of Object.entries(press)) $(id).addEventListener("click", act);
    $("tables").addEventListener("click", (event) => {
      const tab = event.target.closest("[data-table]");
      if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.showTable(tab.dataset.table);
    });
    let soon = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(soon);
      soon = setTimeout(() => this.grid && this.filter(this.grid, this.search.value, this.grid.conditions), 120);
    });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.search.value && this.grid) { this.filter(this.grid, "", this.grid.conditions); this.search.value = ""; event.preventDefault(); }
      else if (event.key === "Escape" || event.key === "ArrowDown" || event.key === "Enter") { this.grid?.holder.focus(); event.preventDefault(); }
    });
  }

  clipboard(event) {
    const { grid } = this;
    if (!grid?.holder || document.activeElement !== grid.holder || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    if (event.type === "paste") { this.paste(event.clipboardData.getData("text/plain")); return; }
    const copied = copyText(grid, this.base);
    if (!copied) return;
    event.clipboardData.setData("text/plain", copied.text);
    if (event.type === "cut") this.clearCells(); else toast(`${plural(copied.cells, "cell")} copied.`, "idle");
  }

  listenTo(grid) {
    const { holder, selection } = grid;
    holder.addEventListener("keydown", gridKeys(this));
    selection.addEventListener("change", () => { if (grid === this.grid) this.drawSelection(); });
    grid.addEventListener("change", () => { if (grid === this.grid) { this.draw(); this.remember(); } });
    grid.addEventListener("moved", () => this.editor.follow());
    const place = (target) => {
      const cell = target.closest?.(".tabulator-cell");
      const id = cell?.closest(".tabulator-row")?.dataset.id;
      return id ? { id, field: cell.getAttribute("tabulator-field") } : null;
    };
    let dragging = false;
    holder.addEventListener("pointerdown", (event) => {
      const at = place(event.target);
      if (!at || event.button > 0) return;
      if (this.editor.busy && !this.editor.finish({ left: true })) return;
      const again = selection.active()?.id === at.id && selection.active()?.field === at.field;
      const touch = event.pointerType !== "mouse";
      this.touched = touch;
      if (at.field === "_n") {
        if (event.target.closest("[data-open]")) return;
        if (touch && selection.active()?.id === at.id && selection.block()?.right > 0) { this.tapped = at; return; }
        selection.selectRow(at.id, event.shiftKey);
      }
      else selection.select(at.id, at.field, { extend: event.shiftKey, reveal: false });
      dragging = !touch && at.field !== "_n";
      if (!touch) { event.preventDefault(); holder.focus({ preventScroll: true }); }
      this.tapped = touch && again ? at : null;
    });
    holder.addEventListener("pointermove", (event) => {
      if (!dragging || event.buttons !== 1) { dragging = false; return; }
      const at = place(document.elementFromPoint(event.clientX, event.clientY) ?? event.target);
      const { focus } = selection;
      if (at && at.field !== "_n" && (focus?.id !== at.id || focus?.field !== at.field)) selection.select(at.id, at.field, { extend: true });
    });
    holder.addEventListener("click", (event) => {
      const at = place(event.target);
      if (!at) return;
      if (event.target.closest("[data-open]")) { this.openRecord(at.id); return; }
      if (event.target.closest("[data-box]")) { this.editor.begin(grid, at); return; }
      if (event.target.closest("a[href]")) return;
      if (!this.tapped) return;
      this.tapped = null;
      if (at.field === "_n") this.openRecord(at.id); else this.editor.begin(grid, at);
    });
    holder.addEventListener("dblclick", (event) => {
      const at = place(event.target);
      if (!at || this.touched || event.target.closest("[data-box]")) return;
      if (at.field === "_n") this.openRecord(at.id); else this.editor.begin(grid, at);
    });
  }

  /** The stream lost its place or the schema changed: draw everything again. */
  rebuild() {
    this.editor.cancel();
    for (const grid of this.grids.values()) grid.destroy();
    this.grids.clear();
    this.drawTabs();
    const next = this.base.tables.has(this.tableId) ? this.tableId : this.base.tables.keys().next().value;
    if (next) this.showTable(next, { query: location.search, push: false });
    else this.blank("table-2", "This base has no tables.");
  }
}

const page = new Page();
page.open();
