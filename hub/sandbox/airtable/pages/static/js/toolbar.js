// What do the buttons, the search box and the clipboard of the page do?
import { copyText } from "./clipboard.js";
import { askName, showHelp, toast } from "./dialogs.js";
import { $, plural } from "./dom.js";
import { askFilter, askSort } from "./filters.js";

const PEOPLE = ["Alex", "Robin", "Sam", "Kim"];

/** Answer the name that this browser's person gave. */
export function readName() {
  try { return localStorage.getItem("name") || "Alex"; } catch { return "Alex"; }
}

function keepName(name) {
  try { localStorage.setItem("name", name); } catch { /* a private window: the name lasts for the page */ }
}

async function changeName(page) {
  const { base } = page;
  const offered = [...base.people.map((person) => person.name ?? person), ...PEOPLE].slice(0, 8);
  const name = await askName(base.user, offered);
  if (!name || name === base.user) return;
  base.user = name;
  keepName(name);
  page.bars.showMe();
  page.live.reopen();
}

/** Listen to the page's tools. */
export function listenToTools(page) {
  const { actions, base, search } = page;
  const press = {
    undo: () => actions.undo(), redo: () => actions.redo(), add: () => actions.addRow(), delete: () => actions.deleteRows(),
    help: showHelp, me: () => changeName(page),
    filter: () => page.grid && askFilter({ table: page.grid.table, base, current: page.grid.conditions,
      apply: (list) => page.filter(page.grid, search.value, list) }),
    sort: () => page.grid && askSort({ table: page.grid.table, current: page.grid.sorters(), apply: (list) => page.grid.sort(list) }),
  };
  for (const [id, act] of Object.entries(press)) $(id).addEventListener("click", act);
  $("tables").addEventListener("click", (event) => {
    const tab = event.target.closest("[data-table]");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    page.showTable(tab.dataset.table);
  });
  listenToSearch(page);
  for (const name of ["copy", "cut", "paste"]) document.addEventListener(name, (event) => clipboard(page, event));
}

function listenToSearch(page) {
  const { search } = page;
  let soon = 0;
  search.addEventListener("input", () => {
    clearTimeout(soon);
    soon = setTimeout(() => page.grid && page.filter(page.grid, search.value, page.grid.conditions), 120);
  });
  search.addEventListener("keydown", (event) => {
    if (!["Escape", "ArrowDown", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (event.key === "Escape" && search.value && page.grid) {
      search.value = "";
      page.filter(page.grid, "", page.grid.conditions);
    } else page.grid?.holder.focus();
  });
}

/** Copy, cut and paste belong to the grid while it has the focus. */
function clipboard(page, event) {
  const { grid, actions, base } = page;
  if (!grid?.holder || document.activeElement !== grid.holder || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  if (event.type === "paste") { actions.paste(event.clipboardData.getData("text/plain")); return; }
  const copied = copyText(grid, base);
  if (!copied) return;
  event.clipboardData.setData("text/plain", copied.text);
  if (event.type === "cut") actions.clearCells(); else toast(`${plural(copied.cells, "cell")} copied.`, "idle");
}
