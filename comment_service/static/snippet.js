/*
 * Embed code: previews each change of an option at once, and says when the first page shows comments.
 * Without it, "Show" and "Check again" load the page.
 */
(() => {
  "use strict";
  const form = document.getElementById("options");
  let asked = 0;

  let policy;
  try { policy = trustedTypes.createPolicy("comments", { createHTML: (html) => html }); } catch { /* not supported */ }
  const parse = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");

  form?.addEventListener("change", async () => {
    const mine = ++asked;
    const url = new URL(form.action);
    url.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const answer = await fetch(url).catch(() => null);
    if (mine !== asked) return;
    if (!answer?.ok) return form.submit(); // the server's page explains the error
    const shown = parse(await answer.text()).getElementById("result");
    if (mine !== asked || !shown) return;
    shown.querySelector("[data-copy]").hidden = false;
    document.getElementById("result").replaceWith(document.adoptNode(shown));
    history.replaceState(null, "", url);
  });

  const found = document.getElementById("found");
  const wait = async () => {
    const answer = await fetch(found.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer && !answer.ok) return location.reload();
    const told = answer ? await answer.json() : { found: "", wanted: Number(found.dataset.wanted) };
    if (told.wanted !== Number(found.dataset.wanted)) return location.reload();
    if (told.found) {
      found.textContent = told.found;
      found.className = "done";
    } else setTimeout(wait, 3000);
  };
  if (found?.dataset.url) {
    document.getElementById("again").hidden = true;
    wait();
  }

  const show = document.getElementById("show");
  if (show) show.hidden = true;
})();
