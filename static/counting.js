/* Counting notes and coins: what was typed so far, and Enter that goes on to the next box instead of sending a count
   that can never be taken back. Without this the form is the same form. */
(() => {
  "use strict";
  for (const total of document.querySelectorAll("[data-count-total]")) {
    const form = total.closest("form");
    const pieces = [...form.querySelectorAll("input.pieces")];
    const money = new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency",
      currency: total.dataset.currency,
    });
    const worth = (field) => (/^\d+$/.test(field.value.trim()) ? Number(field.name.slice(1)) * Number(field.value) : 0);
    const count = () => {
      const units = pieces.reduce((sum, field) => sum + worth(field), 0); // ten-thousandths, as in the boxes' names
      total.textContent = money.format(units / 10000);
    };
    form.addEventListener("input", count);
    window.addEventListener("pageshow", count);
    total.closest("[hidden]").hidden = false;
    count();
    pieces.forEach((field, place) =>
      field.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.ctrlKey) return;
        event.preventDefault();
        (pieces[place + 1] || form.querySelector("textarea, [type=submit]")).focus();
      }),
    );
  }
})();
