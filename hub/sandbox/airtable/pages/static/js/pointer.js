// What does a mouse or a finger do in the grid? A finger that taps the selected cell again edits it.

/** Listen to a grid; `page` knows the editor and opens records. */
export function listenToPointer(page, grid) {
  const { holder, selection } = grid;
  const { editor, actions } = page;
  const place = (target) => {
    const cell = target.closest?.(".tabulator-cell");
    const id = cell?.closest(".tabulator-row")?.dataset.id;
    return id ? { id, field: cell.getAttribute("tabulator-field") } : null;
  };
  let touched = false;
  let tapped = null;
  let dragging = false;
  holder.addEventListener("pointerdown", (event) => {
    const at = place(event.target);
    if (!at || event.button > 0) return;
    if (editor.busy && !editor.finish({ left: true })) return;
    const again = selection.active()?.id === at.id && selection.active()?.field === at.field;
    const touch = event.pointerType !== "mouse";
    touched = touch;
    if (at.field === "_n") {
      if (event.target.closest("[data-open]")) return;
      if (touch && selection.active()?.id === at.id && selection.block()?.right > 0) { tapped = at; return; }
      selection.selectRow(at.id, event.shiftKey);
    }
    else selection.select(at.id, at.field, { extend: event.shiftKey, reveal: false });
    dragging = !touch && at.field !== "_n";
    if (!touch) { event.preventDefault(); holder.focus({ preventScroll: true }); }
    tapped = touch && again ? at : null;
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
    if (event.target.closest("[data-open]")) { actions.openRecord(at.id); return; }
    if (event.target.closest("[data-box]")) { editor.begin(grid, at); return; }
    if (event.target.closest("a[href]")) return;
    if (!tapped) return;
    tapped = null;
    if (at.field === "_n") actions.openRecord(at.id); else editor.begin(grid, at);
  });
  holder.addEventListener("dblclick", (event) => {
    const at = place(event.target);
    if (!at || touched || event.target.closest("[data-box]")) return;
    if (at.field === "_n") actions.openRecord(at.id); else editor.begin(grid, at);
  });
}
