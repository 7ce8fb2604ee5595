// The page of a base: which table is shown, and who hears of what.
import { Actions } from "./actions.js";
import { Bars } from "./bars.js";
import { dropOffers, toast } from "./dialogs.js";
import { $, h, icon } from "./dom.js";
import { Editor } from "./editor.js";
import { readQuery, writeQuery } from "./filters.js";
import { Grid } from "./grid.js";
import { History } from "./history.js";
import { gridKeys, pageKeys } from "./keys.js";
import { Live } from "./live.js";
import { listenToPointer } from "./pointer.js";
import { Trail } from "./record_panel.js";
import { Base } from "./store.js";
import { listenToTools, readName } from "./toolbar.js";
import { resultField } from "./values.js";

class Page {
  constructor() {
    this.base = new Base(document.body.dataset.base);
    this.base.user = readName();
    this.history = new History(this.base);
    this.live = new Live(this.base);
    this.trail = new Trail(this.base);
    this.bars = new Bars(this);
    this.actions = new Actions(this);
    this.grids = new Map();
    this.search = $("search");
    this.editor = new Editor({ place: $("overlay"), base: this.base, say: toast,
      save: (...given) => this.actions.save(...given), links: (...given) => this.actions.links(...given) });
  }

  get grid() { return this.grids.get(this.tableId); }

  async open() {
    this.listen();
    this.bars.showMe();
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
    this.live.start();
    const wanted = location.pathname.split("/")[2];
    await this.showFirst(wanted);
  }

  /** Show the wanted table, or the first one. */
  async showFirst(wanted) {
    const first = this.base.tables.has(wanted) ? wanted : this.base.tables.keys().next().value;
    if (first) await this.showTable(first, { query: location.search, push: false });
    else this.blank("table-2", "This base has no tables.");
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
      if (tab.dataset.table !== id) { tab.removeAttribute("aria-current"); continue; }
      tab.setAttribute("aria-current", "page");
      tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    for (const [other, grid] of this.grids) if (grid.selection) grid.show(other === id);
    if (!this.grids.has(id) && !await this.makeGrid(table, query)) return;
    const grid = this.grids.get(id);
    await grid.ready;
    if (this.tableId !== id) { grid.show(false); return; }
    this.search.value = grid.query;
    if (push) history.pushState({}, "", this.address());
    this.bars.draw();
    if (!document.activeElement || document.activeElement === document.body) grid.holder.focus({ preventScroll: true });
  }

  /** Make a table's grid once its first rows are here; answers whether it could. */
  async makeGrid(table, query) {
    if (!table.loading) this.blank("loader", `Reading ${table.name}…`);
    const first = new Promise((resolve) => {
      const heard = ({ detail }) => { if (detail.table === table) { this.base.removeEventListener("loaded", heard); resolve(); } };
      if (table.rows.size || table.complete) resolve(); else this.base.addEventListener("loaded", heard);
    });
    const reading = this.base.load(table.id);
    try {
      await Promise.race([first, reading]);
    } catch (error) {
      this.blank("circle-x", `${table.name} could not be read. ${error.message}`,
        h("button", { class: "button", type: "button", onclick: () => this.showTable(table.id, { query, push: false }) }, "Try again"));
      return false;
    }
    if (this.grids.has(table.id)) return true;
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
      this.bars.draw();
      this.loadLinked(table);
    };
    if (table.complete) await arrived(); else reading.then(arrived, (error) => toast(`Not all rows could be read. ${error.message}`, "bad"));
    return true;
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

  // --- view ----------------------------------------------------------------------------------

  filter(grid, query, conditions) {
    grid.query = query.trim().toLowerCase();
    grid.conditions = conditions;
    grid.applyFilter();
    grid.selection.settle();
    if (grid !== this.grid) return;
    if (this.search.value.trim().toLowerCase() !== grid.query) this.search.value = query;
    this.remember();
    this.bars.draw();
  }

  address() {
    const { grid } = this;
    return `/${this.base.id}/${this.tableId}${writeQuery({ ...grid, sorters: grid.sorters() })}`;
  }

  /** Keep the view in the address, so that it can be shared and comes back. */
  remember() {
    if (this.address() !== location.pathname + location.search) history.replaceState({}, "", this.address());
  }

  // --- what happens --------------------------------------------------------------------------

  listen() {
    this.listenToBase();
    this.live.addEventListener("state", ({ detail }) => this.bars.say({ state: detail }));
    this.live.addEventListener("people", ({ detail }) => this.bars.drawPeople(detail));
    this.live.addEventListener("trouble", ({ detail }) => toast(`The base could not be read again. ${detail.message}`, "bad"));
    this.history.addEventListener("change", () => {
      dropOffers();
      $("undo").disabled = !this.history.done.length;
      $("redo").disabled = !this.history.undone.length;
    });
    window.addEventListener("beforeunload", (event) => { if (this.base.waiting > 0) event.preventDefault(); });
    window.addEventListener("popstate", () => {
      const id = location.pathname.split("/")[2];
      if (this.base.tables.has(id)) this.showTable(id, { push: false });
    });
    listenToTools(this);
    document.addEventListener("keydown", pageKeys(this));
    this.bars.say({});
  }

  listenToBase() {
    const { base } = this;
    base.addEventListener("rows", ({ detail }) => {
      const { table, changed, added, removed, own, user } = detail;
      if (!own) this.editor.clash(table, changed, user);
      this.editor.gone(removed);
      const grid = this.grids.get(table.id);
      if (grid) grid.ready.then(() => grid.take(detail)).then(() => this.bars.draw());
      const renamed = added.length || changed.some(({ field }) => field?.id === table.primary.id);
      if (!renamed) return;
      for (const [id, other] of this.grids) if (id !== table.id) other.ready.then(() => other.redrawLinks());
    });
    base.addEventListener("loaded", ({ detail }) => { if (detail.table.id === this.tableId) this.bars.draw(); });
    base.addEventListener("schema", () => {
      this.drawTabs();
      for (const grid of this.grids.values()) grid.ready.then(() => grid.rebuildColumns());
    });
    base.addEventListener("reset", () => this.rebuild());
    base.addEventListener("sending", () => this.bars.say({ error: null }));
    base.addEventListener("sent", ({ detail }) => this.bars.say({ error: detail.error ? "Not saved" : null }));
    base.addEventListener("unreached", () => this.bars.say({ error: "Offline, trying again" }));
  }

  listenTo(grid) {
    grid.holder.addEventListener("keydown", gridKeys(this));
    grid.selection.addEventListener("change", () => { if (grid === this.grid) this.bars.drawSelection(); });
    grid.addEventListener("change", () => {
      if (grid !== this.grid) return;
      this.bars.draw();
      this.remember();
    });
    grid.addEventListener("moved", () => this.editor.follow());
    listenToPointer(this, grid);
  }

  /** The stream lost its place, or tables or fields came and went: draw everything again. */
  rebuild() {
    this.editor.cancel();
    for (const grid of this.grids.values()) grid.destroy();
    this.grids.clear();
    this.drawTabs();
    this.showFirst(this.tableId);
  }
}

const page = new Page();
page.open();
