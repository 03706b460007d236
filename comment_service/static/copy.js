/* Copy a page's codes, links and secrets by button; without this script they are selected by hand. */
(() => {
  "use strict";
  const buttons = "[data-copy]";

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest(buttons);
    if (!button) return;
    const from = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(from.value ?? from.textContent);
    } catch { // no HTTPS, or not permitted
      if (from.select) from.select();
      else getSelection().selectAllChildren(from);
      document.execCommand("copy");
      button.focus();
    }
    const done = button.nextElementSibling;
    done.textContent = done.dataset.words;
  });
  for (const button of document.querySelectorAll(buttons)) button.hidden = false;
})();
