/* The live card: what was edited is never touched; what was not follows the new figures. Loaded by live cards only. */
"use strict";

(() => {
  const form = document.querySelector("#payment-form");
  const amount = document.querySelector("#id_amount");
  const begun = new Set();
  if (!document.querySelector("#standing [hx-trigger]")) begun.add("all"); // a form that came back with what was typed

  const note = (event) => {
    if (event.isTrusted && event.target.form === form) begun.add(event.target.name);
  };
  document.addEventListener("input", note);
  document.addEventListener("change", note);

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id === "id_invoices" && begun.size) event.detail.shouldSwap = false;
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const standing = document.querySelector("#standing");
    if (!amount || !standing || event.detail.target.id !== "standing" || begun.size) return;
    if (amount.value === standing.dataset.allDue) return;
    amount.value = standing.dataset.allDue;
    amount.dispatchEvent(new Event("input", { bubbles: true }));
    if (document.activeElement === amount) amount.select();
  });
})();
