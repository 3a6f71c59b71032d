/* The keyboard and small comforts. Every page works without this file, and no amount is decided in it. */
"use strict";

(() => {
  const one = (selector) => document.querySelector(selector);
  const page = document.body;
  const FAST = 50; // milliseconds between two keys: faster is a scanner, not a hand
  const SCAN = 8; // characters

  // --- Where the cursor begins (R3) ---

  const first = one("[autofocus]");
  if (first) {
    first.focus();
    if (first.select && first.value === first.defaultValue) first.select(); // a quick hand may have begun to type
  }

  // --- The keyboard (screens.md 2.1) ---

  const isWriting = (element) =>
    element.matches("textarea, select, input:not([type=radio], [type=checkbox])") || element.isContentEditable;

  const rows = () => [...document.querySelectorAll(".hits a, [data-rows] a")].filter((link) => link.offsetParent);

  function goTo(element) {
    if (!element) return false;
    element.focus();
    if (element.select) element.select();
    return true;
  }

  function go(address) {
    if (address) location.assign(address);
    return Boolean(address);
  }

  function chooseMethod(place) {
    const radio = document.querySelectorAll("#payment-form [name=method][type=radio]")[place - 1];
    const list = one("select#id_method");
    if (radio) {
      radio.click();
      radio.focus();
    } else if (list && list.options[place - 1]) {
      list.selectedIndex = place - 1;
      list.dispatchEvent(new Event("change", { bubbles: true }));
    }
    return Boolean(radio || list);
  }

  function takePayment() {
    const button = one("#take");
    if (button) button.form.requestSubmit(button);
    return Boolean(button);
  }

  function walk(key, from) {
    const links = rows();
    const place = links.indexOf(from);
    const isBox = from.id === "q";
    if (!links.length || (place < 0 && !(key === "ArrowDown" && (isBox || from === page)))) return false;
    if (key === "ArrowUp" && place === 0) return goTo(one("#q"));
    const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: links.length - 1 }[key];
    links[Math.min(next, links.length - 1)].focus();
    return true;
  }

  function stepBack(from) {
    const menu = one("details.menu[open]");
    if (menu) {
      menu.open = false;
      return goTo(menu.querySelector("summary"));
    }
    if (rows().includes(from)) return goTo(one("#q"));
    if (from.id === "q") return true; // Chromium would empty the box
    if (isWriting(from)) from.blur();
    return false;
  }

  function act(event) {
    const { key, target } = event;
    const bare = !event.ctrlKey && !event.altKey && !event.metaKey;
    const letters = bare && page.dataset.letterKeys === "on" && !isWriting(target);
    if (event.ctrlKey && !event.altKey && !event.metaKey && key === "Enter") return takePayment();
    if (event.altKey && !event.ctrlKey && !event.metaKey && /^Digit[1-6]$/.test(event.code)) {
      return chooseMethod(Number(event.code.slice(-1)));
    }
    if (letters && key === "?") return go(page.dataset.keyboard);
    if (!bare || event.shiftKey) return false;
    if (key === "F2" || (letters && key === "/")) return goTo(one("#q")) || go(page.dataset.search);
    if (key === "F8") return go(page.dataset.history);
    if (key === "F9") return goTo(one("#id_amount"));
    if (key === "Escape") return stepBack(target);
    return /^(ArrowDown|ArrowUp|Home|End)$/.test(key) && walk(key, target);
  }

  document.addEventListener("keydown", (event) => {
    if (!event.isComposing && !event.defaultPrevented && act(event)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const menu = one("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });

  // --- One form, one submit (R41) ---

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("[type=submit]")) button.setAttribute("aria-disabled", "true");
    const button = event.submitter;
    if (button && button.dataset.saving) {
      button.dataset.label = button.innerHTML;
      button.textContent = button.dataset.saving;
    }
  });

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[type=submit]")) {
        button.removeAttribute("aria-disabled");
        if (button.dataset.label) button.innerHTML = button.dataset.label;
        delete button.dataset.label;
      }
    }
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (one("form[data-sent]")) event.preventDefault(); // the button says "Saving…" by now
  });

  // --- The payment form ---

  const amount = one("#id_amount");
  if (amount && one("#payment-form")) {
    guardAgainstScans(amount);
    followMethod();
    countChange();
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-amount]");
      if (!button) return;
      amount.value = button.dataset.amount;
      amount.dispatchEvent(new Event("input", { bubbles: true }));
      amount.focus();
    });
  }

  /* A code scanned into the amount must not become money (R39): it goes to search, nothing is submitted. */
  function guardAgainstScans(field) {
    let burst = "";
    let last = 0;
    let timer = 0;
    const search = (text) => go(`${page.dataset.search}?${new URLSearchParams({ q: text })}`);
    field.addEventListener("keydown", (event) => {
      if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
        burst = event.timeStamp - last < FAST ? burst + event.key : event.key;
        last = event.timeStamp;
        clearTimeout(timer);
        if (burst.length >= SCAN) timer = setTimeout(() => search(burst), 2 * FAST);
      } else if (event.key !== "Enter" && event.key !== "Shift") {
        burst = "";
      }
    });
    field.form.addEventListener("submit", (event) => {
      const digits = /^\d*/.exec(field.value.trim())[0].length;
      const scanned = burst.length >= SCAN ? burst : digits > Number(field.dataset.mostDigits) ? field.value.trim() : "";
      if (!scanned) return;
      event.preventDefault();
      clearTimeout(timer);
      search(scanned);
    });
  }

  function method() {
    return one("#payment-form [name=method]:checked") || one("select#id_method option:checked");
  }

  /* The reference is asked for by the methods that have one; the change is counted for cash. */
  function followMethod() {
    const box = one("#reference-field");
    const label = box.querySelector("label");
    const field = box.querySelector("input");
    const adapt = () => {
      const name = method() ? method().dataset.reference : "";
      box.classList.remove("script-hides");
      box.hidden = !name;
      field.disabled = !name;
      if (name) label.textContent = name;
      one("#handed-over").hidden = !method() || !("cash" in method().dataset);
    };
    one("#payment-form").addEventListener("change", adapt);
    window.addEventListener("pageshow", adapt);
    adapt();
  }

  /* Change to give: shown only. The box has no name, so it is never sent; the amount is the one the server read. */
  function countChange() {
    const handed = one("#handed");
    const shown = one("#change");
    const money = new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency",
      currency: shown.dataset.currency,
    });
    const decimals = money.resolvedOptions().maximumFractionDigits;
    const units = (text) => {
      const found = /^(\d+)(?:[.,](\d+))?$/.exec(text.replace(/\s/g, ""));
      return found && (found[2] || "").length <= decimals ? Number(found[1] + (found[2] || "").padEnd(decimals, "0")) : NaN;
    };
    const count = () => {
      const label = one("#take-label"); // while the form is being sent the button says something else
      if (!label) return;
      const change = units(handed.value) - units(label.dataset.amount || "");
      const words = change < 0 ? shown.dataset.missing : shown.dataset.change;
      shown.textContent = Number.isNaN(change) ? "" : `${words} ${money.format(Math.abs(change) / 10 ** decimals)}`;
    };
    handed.addEventListener("input", count);
    document.addEventListener("htmx:afterSettle", count);
    handed.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey) return;
      event.preventDefault(); // Enter here counts the change; it does not take the payment
      one("#take").focus();
    });
  }

  for (const field of document.querySelectorAll("input[data-most]")) {
    const counter = document.createElement("span");
    counter.className = "count";
    counter.setAttribute("aria-hidden", "true");
    field.before(counter);
    const count = () => {
      const length = [...field.value].length;
      counter.textContent = length ? `${length}/${field.dataset.most}` : "";
      counter.classList.toggle("too-long", length > Number(field.dataset.most));
    };
    field.addEventListener("input", count);
    count();
  }

  // --- Printing (R71, R72): Chromium knows no "auto" height of a page, so the roll is measured ---

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  /* Ctrl+P on a receipt is its Print button, so that the paper is counted. */
  document.addEventListener("keydown", (event) => {
    const counted = one("[data-print-counted]");
    if (!counted || !event.ctrlKey || event.altKey || event.shiftKey || event.key.toLowerCase() !== "p") return;
    event.preventDefault();
    counted.form.requestSubmit(counted);
  });

  /* Paper that the browser prints later by itself is not the one that was counted. */
  window.addEventListener("afterprint", () => {
    const counted = one("[data-after-print]");
    if (counted) one(".paper-kind").textContent = counted.dataset.afterPrint;
  });

  const receipt = one(".receipt");
  const roll = /\bpaper-roll(\d+)\b/.exec(page.className);
  if (receipt && roll) {
    const sheet = [...document.styleSheets].find((known) => known.href && known.href.includes("desk"));
    const slack = 6; // without it a second, empty page appears
    const height = Math.ceil((receipt.getBoundingClientRect().height * 25.4) / 96) + slack;
    const name = `roll${roll[1]}`;
    sheet.insertRule(`@page ${name} { size: ${roll[1]}mm ${height}mm; margin: 0 }`, sheet.cssRules.length);
  }

  if (one("[data-print-now]")) window.print(); // the page that Print asked for
})();
