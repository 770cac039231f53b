// Fetches the chosen earmark's figures, and shows what the typed amount would leave. The server says the same after the submit.
"use strict";

const form = document.querySelector("[data-disbursement]");
const panels = form.querySelector("[data-panels]");
const earmark = form.elements.namedItem("earmark");
const amount = form.elements.namedItem("amount");
const day = form.elements.namedItem("value_date");
const submit = form.querySelector("button[type=submit]");
let newest = 0;

async function fetchFigures() {
  const mine = ++newest;
  form.querySelector("[data-hint]").hidden = earmark.value !== "";
  form.querySelector("[data-failed]").hidden = true;
  const address = form.dataset.disbursement.replace("/0/", `/${earmark.value}/`);
  const answer = earmark.value ? await fetch(`${address}?day=${encodeURIComponent(day.value)}`).catch(() => null) : null;
  const figures = answer && answer.ok && !answer.redirected ? await answer.text() : "";
  if (mine !== newest) return; // another was chosen meanwhile
  panels.querySelector("[data-earmark]")?.remove();
  panels.insertAdjacentHTML("beforeend", figures);
  form.querySelector("[data-failed]").hidden = figures !== "" || earmark.value === "";
  show();
}

function show() {
  const panel = panels.querySelector("[data-earmark]");
  if (!panel) return;
  const asked = oere(amount.value);
  const after = asked === null ? null : BigInt(panel.dataset.left) - asked;
  const tooMuch = after !== null && after < 0n;
  panel.classList.toggle("over", tooMuch);
  panel.querySelector("[data-after]").textContent = after === null ? "–" : tooMuch ? `Beløbet er ${kroner(-after)} for stort` : kroner(after);
}

earmark.addEventListener("change", fetchFigures);
day.addEventListener("change", fetchFigures);
amount.addEventListener("input", show);
form.addEventListener("submit", () => { submit.disabled = true; });
window.addEventListener("pageshow", () => {
  submit.disabled = false;
  const shown = panels.querySelector("[data-earmark]");
  if (shown ? shown.dataset.earmark === earmark.value : earmark.value === "") show();
  else fetchFigures();
});
