// What does each key do in the grid?
import { showHelp } from "./dialogs.js";

/** Answer a listener for the grid's keys; `page` carries out what they mean. */
export function gridKeys(page) {
  return (event) => {
    const typesByAlt = event.getModifierState("AltGraph");
    if (event.isComposing || (event.altKey && !typesByAlt)) return;
    const grid = page.grid;
    const selection = grid?.selection;
    if (!selection) return;
    const command = (event.ctrlKey || event.metaKey) && !typesByAlt;
    const { ids, fields } = grid.view();
    const far = Math.max(ids.length, fields.length) + 1;
    const screen = Math.max(1, Math.floor(grid.holder.clientHeight / grid.rowHeight) - 1);
    const extend = event.shiftKey;
    const moves = {
      ArrowUp: [command ? -far : -1, 0], ArrowDown: [command ? far : 1, 0],
      ArrowLeft: [0, command ? -far : -1], ArrowRight: [0, command ? far : 1],
      PageUp: [-screen, 0], PageDown: [screen, 0],
      Home: command ? [-far, -far] : [0, -far], End: command ? [far, far] : [0, far],
    };
    const active = selection.active();
    const done = () => { event.preventDefault(); event.stopPropagation(); };
    if (moves[event.key]) { selection.move(...moves[event.key], { extend }); done(); return; }
    if (event.key === "Tab" && !command) {
      const block = selection.block();
      const edge = !block || (event.shiftKey ? block.column === 0 : block.column === fields.length - 1);
      if (edge) return;
      selection.move(0, event.shiftKey ? -1 : 1);
      done();
      return;
    }
    if (command) {
      const commands = { a: () => selection.selectAll(), d: () => page.actions.fillDown(), Delete: () => page.actions.deleteRows(), Backspace: () => page.actions.deleteRows() };
      const run = commands[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (run) { run(); done(); }
      return;
    }
    if (event.key === "Enter" && event.shiftKey) { page.actions.addRow(); done(); return; }
    if (!active) return;
    if (event.key === "Enter" || event.key === "F2") { page.editor.begin(grid, active); done(); }
    else if (event.key === "Delete" || event.key === "Backspace") { page.actions.clearCells(); done(); }
    else if (event.key === " ") { page.actions.openRecord(active.id); done(); }
    else if (event.key === "Escape") { selection.select(active.id, active.field); done(); }
    else if (event.key === "?" || event.key === "/") { /* the page's own */ }
    else if (event.key === "Process") page.editor.begin(grid, active, "");
    else if (event.key.length === 1) { page.editor.begin(grid, active, event.key); done(); }
  };
}

/** Answer a listener for the keys that work everywhere on the page. */
export function pageKeys(page) {
  return (event) => {
    if (document.querySelector("dialog[open]") || event.isComposing) return;
    const typing = event.target.closest?.("input, textarea, select");
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const run = (action) => { event.preventDefault(); action(); };
    if (command && !typing && key === "z") run(() => (event.shiftKey ? page.actions.redo() : page.actions.undo()));
    else if (command && !typing && key === "y") run(() => page.actions.redo());
    else if (command && key === "f" && !event.shiftKey) run(() => page.search.focus());
    else if (command && (key === "[" || key === "]")) run(() => page.stepTable(key === "]" ? 1 : -1));
    else if (!command && !typing && key === "/") run(() => page.search.focus());
    else if (!command && !typing && key === "?") run(() => showHelp());
  };
}
