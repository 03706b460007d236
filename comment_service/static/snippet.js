/* Embed code page: previews each change at once, and copies the code. Without it, use "Show". */
(() => {
  "use strict";
  const form = document.getElementById("options");
  let asked = 0;

  let policy;
  try { policy = trustedTypes.createPolicy("comments", { createHTML: (html) => html }); } catch { /* not supported */ }
  const parse = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");

  const ready = () => { document.getElementById("copy").hidden = false; };

  form.addEventListener("change", async () => {
    const mine = ++asked;
    const url = new URL(form.action);
    url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const answer = await fetch(url).catch(() => null);
    if (mine !== asked) return;
    if (!answer?.ok) return form.submit(); // the server's page explains the error
    const shown = parse(await answer.text()).getElementById("result");
    if (mine !== asked || !shown) return;
    document.getElementById("result").replaceWith(document.adoptNode(shown));
    history.replaceState(null, "", url);
    ready();
  });

  document.addEventListener("click", async ({ target }) => {
    if (target.id !== "copy") return;
    const line = document.getElementById("line");
    line.select();
    try {
      await navigator.clipboard.writeText(line.value);
    } catch { // no HTTPS, or not permitted
      document.execCommand("copy");
    }
    document.getElementById("copied").textContent = target.dataset.done;
  });

  document.getElementById("show").hidden = true;
  ready();
})();
