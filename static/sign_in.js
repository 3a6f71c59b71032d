/* Gives every password box a button that shows what was typed; without this file the boxes work as they are. */
document.querySelectorAll("input[data-show]").forEach((box) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button reveal";
  button.textContent = box.dataset.show;
  button.setAttribute("aria-controls", box.id);
  button.addEventListener("click", () => {
    const hidden = box.type === "password";
    box.type = hidden ? "text" : "password";
    button.textContent = hidden ? box.dataset.hide : box.dataset.show;
    box.focus();
  });
  // Shown passwords are not remembered by the browser's form history, nor sent as plain text fields.
  box.form.addEventListener("submit", () => { box.type = "password"; });
  const row = document.createElement("div");
  row.className = "cluster";
  box.before(row);
  row.append(box, button);
});
