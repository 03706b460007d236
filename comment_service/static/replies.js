/* A comment's page: inserts a saved reply into the form; without the script the server does it. */
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
/* Warns before submitting one form discards the text typed into another. */
(() => {
  "use strict";
  let typed = null; // the form with unsent text
  document.addEventListener("input", (event) => { if (event.target.matches("textarea")) typed = event.target.form; });
  document.addEventListener("submit", (event) => { if (event.target === typed) typed = null; });
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
})();
