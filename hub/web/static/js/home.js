// The overview: the picker sends itself, and the warm-up table is drawn as two curves.
// The numbers stand in the table only; without this script the table is the chart.
import { drawCharts } from "./warmup.js";

for (const form of document.querySelectorAll("form[data-picker]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

const table = document.querySelector("[data-warmup]");
const place = document.querySelector("[data-charts]");
if (table && place) {
  place.hidden = false;
  drawCharts(table, place);
}
