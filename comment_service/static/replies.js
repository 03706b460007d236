/* A comment's own page: puts a saved reply into the answer in place; without it the server does. */
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
/* Asks before what was typed into one form goes with another. */
(() => {
  "use strict";
  let typed = null; // the form that holds something unsent
  document.addEventListener("input", (event) => { if (event.target.matches("textarea")) typed = event.target.form; });
  document.addEventListener("submit", (event) => { if (event.target === typed) typed = null; });
  addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
})();
