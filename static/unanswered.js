/* A payment whose answer did not arrive (R42): this tab remembers what was sent until some page shows what became of it. */
"use strict";

(() => {
  const PATIENCE = 10000; // milliseconds
  const NAME = "cashdesk-unanswered";
  const operator = document.body.dataset.operator; // no page before signing in has one
  const one = (selector) => document.querySelector(selector);

  const remembered = () => JSON.parse(sessionStorage.getItem(NAME) || "null");
  const forget = () => sessionStorage.removeItem(NAME);

  function remember(form) {
    const fields = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
    const key = fields.find(([name]) => name === "key")[1];
    sessionStorage.setItem(NAME, JSON.stringify({ key, operator, fields, action: new URL(form.action).pathname }));
    return key;
  }

  /* Show the panel with the way to look the key up. */
  function show(key, when) {
    const panel = one("#no-answer");
    if (!panel) return;
    for (const title of panel.querySelectorAll("[data-when]")) title.hidden = title.dataset.when !== when;
    panel.querySelector("a").href = `/cashdesk/payments/${key}/`;
    panel.hidden = false;
    panel.focus();
    panel.scrollIntoView({ block: "start" });
  }

  const ofAnother = remembered() && operator && remembered().operator !== operator;
  if (ofAnother) forget(); // the next person at this desk has nothing to do with it

  const sent = remembered();
  if (sent && (one(`[data-settles="${sent.key}"]`) || one(`input[name=key][value="${sent.key}"]`))) {
    forget(); // this page is the answer, or the same form with what is wrong in it
  } else if (sent && one("#payment-form") && location.pathname === sent.action) {
    show(sent.key, "earlier");
  }

  const again = one("form[data-send-again]");
  if (again && sent && again.dataset.sendAgain === sent.key) {
    again.action = sent.action;
    again.hidden = false;
    for (const [name, value] of sent.fields) {
      const box = document.createElement("input");
      Object.assign(box, { type: "hidden", name, value });
      again.append(box);
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[action$='/logout/']")) forget();
    const money = form.hasAttribute("data-payment") && form.querySelector("input[name=key]");
    if (event.defaultPrevented || !money || (event.submitter && event.submitter.hasAttribute("formaction"))) return;
    const key = remember(form);
    if (!navigator.onLine) show(key, "offline");
    window.setTimeout(() => show(key, "waiting"), PATIENCE);
    window.addEventListener("offline", () => show(key, "offline"));
  });
})();
