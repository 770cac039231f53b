// Shows both earmarks before and after while the amount is typed. The server says the same after the submit.
"use strict";

const move = document.querySelector("[data-reallocation]");

function side(panel, amount) {
  for (const figure of ["earmarked", "left"]) {
    const now = BigInt(panel.dataset[figure] || 0);
    const then = amount === null ? null : now + BigInt(panel.dataset.side) * amount;
    panel.querySelector(`[data-now=${figure}]`).textContent = kroner(now);
    panel.querySelector(`[data-then=${figure}]`).textContent = then === null || then < 0n ? "–" : kroner(then);
  }
}

function show() {
  const amount = oere(move.elements.namedItem("amount").value);
  const [from, to] = move.querySelectorAll("[data-side]");
  const target = move.elements.namedItem("target");
  const chosen = target.options[target.selectedIndex];
  side(from, amount);
  const over = amount === null ? 0n : amount - BigInt(move.dataset.movable);
  from.classList.toggle("over", over > 0n);
  from.querySelector("[data-over]").hidden = over <= 0n;
  if (over > 0n) from.querySelector("[data-over] span").textContent = kroner(over);
  to.hidden = !chosen.value;
  if (to.hidden) return;
  if (to.dataset.shown !== undefined && to.dataset.shown !== chosen.value) {
    for (const row of to.querySelectorAll("[data-rare]")) row.remove(); // figures of the one chosen before
  }
  to.dataset.shown = chosen.value;
  const [name, ...title] = chosen.text.split(" – ");
  to.querySelector("[data-name]").textContent = name;
  to.querySelector("[data-title]").textContent = title.join(" – ");
  Object.assign(to.dataset, { earmarked: chosen.dataset.earmarked, left: chosen.dataset.left });
  side(to, amount);
}

move?.addEventListener("input", show);
window.addEventListener("pageshow", () => move && show());
