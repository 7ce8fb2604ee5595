// What does a spreadsheet put on the clipboard? Tab-separated lines; a cell holding a tab, a line
// break or a quote is quoted, quotes doubled; lines end with CR LF or LF.

/** Answer the rows of cells in a clipboard text. */
export function parseTsv(text) {
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  let fresh = true;
  const endCell = () => { row.push(cell); cell = ""; fresh = true; };
  const endRow = () => { endCell(); rows.push(row); row = []; };
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') { cell += '"'; i += 1; }
      else if (c === '"') quoted = false;
      else if (c === "\r" && text[i + 1] === "\n") { /* a line break inside a cell is \n */ }
      else cell += c;
    } else if (c === '"' && fresh && closes(text, i)) { quoted = true; fresh = false; }
    else if (c === "\t") endCell();
    else if (c === "\n") endRow();
    else if (c === "\r") { if (text[i + 1] !== "\n") endRow(); }
    else { cell += c; fresh = false; }
  }
  if (cell !== "" || row.length > 0 || !fresh) endRow();
  const width = Math.max(0, ...rows.map((r) => r.length));
  for (const r of rows) while (r.length < width) r.push("");
  return rows;
}

/** A quote opens a quoted cell only if a closing one stands before a tab, a line end or the end: 12" is text. */
function closes(text, start) {
  for (let i = start + 1; i < text.length; i += 1) {
    if (text[i] !== '"') continue;
    if (text[i + 1] === '"') { i += 1; continue; }
    return i + 1 === text.length || "\t\n\r".includes(text[i + 1]);
  }
  return false;
}

/** Answer rows of cells as a clipboard text. */
export function formatTsv(rows) {
  const quote = (cell) => (/[\t\n\r"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map(quote).join("\t")).join("\n");
}
