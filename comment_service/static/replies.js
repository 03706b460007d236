/* Puts a saved reply into the answer in place; without the script the server does. */
(() => {
  "use strict";
  const saved = document.getElementById("saved");
  const answer = document.getElementById("answer");
  document.getElementById("insert")?.addEventListener("click", (event) => {
    event.preventDefault();
    const text = saved.selectedOptions[0]?.dataset.text ?? "";
    answer.value = [answer.value.trim(), text].filter(Boolean).join("\n\n");
    answer.focus();
  });
})();
