// Adds the instalments up while they are typed, and says what is not planned. The server says the same after the submit.
"use strict";

const plan = document.querySelector("[data-plan]");
const panel = plan.querySelector(".panel");

function add() {
  let sum = BigInt(plan.dataset.kept);
  for (const amount of plan.querySelectorAll("input.amount")) sum += oere(amount.value) ?? 0n;
  const rest = BigInt(plan.dataset.plannable) - sum;
  panel.classList.toggle("over", rest < 0n);
  panel.querySelector("[data-sum]").textContent = kroner(sum);
  panel.querySelector("[data-after]").textContent = rest < 0n ? `${kroner(-rest)} for meget` : kroner(rest);
}

plan.addEventListener("input", add);
window.addEventListener("pageshow", add);
