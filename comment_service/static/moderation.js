/*
 * Keyboard shortcuts and instant feedback for the moderation queue: one key decides, the card
 * disappears at once, and a toast offers undo. The server answers each decision with the whole page;
 * this script replaces the changed parts. Without it every button is a normal form.
 */
(() => {
  "use strict";

  const main = document.querySelector("main.queue");
  const list = document.getElementById("queue");
  const toast = document.getElementById("toast");
  const help = document.getElementById("help");
  const keysOn = document.getElementById("keys-on");
  const bulk = document.getElementById("bulk");
  const picked = document.getElementById("picked");
  const decisions = { a: "approve", s: "spam", d: "reject", u: "hold" };
  const sections = { r: "reply", e: "edit" }; // on a comment's page
  const going = new Set(); // ids of cards with a pending request
  let line = Promise.resolve(); // decisions are sent one after the other

  let policy;
  try { policy = trustedTypes.createPolicy("comments", { createHTML: (html) => html }); } catch { /* not supported */ }
  const parse = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");

  const cards = () => [...list.querySelectorAll(".card")];

  const focusCard = (card) => {
    const to = card ?? list;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  };

  const statusOf = (card) => card.dataset.status;

  const say = (words) => {
    const sentence = document.createElement("p");
    sentence.textContent = words;
    toast.replaceChildren(sentence);
  };

  async function post(form, submitter, body = new FormData(form, submitter)) {
    const headers = { Accept: "text/html" };
    const response = await fetch(form.action, { method: "POST", body, headers, credentials: "same-origin" });
    const page = parse(await response.text());
    if (!response.ok || !page.getElementById("queue")) {
      const problem = new Error(page.querySelector(".page-problem")?.textContent ?? "");
      problem.statusNow = page.querySelector("[data-status-now]")?.dataset.statusNow;
      throw problem;
    }
    return page;
  }

  /* Cards that stay keep their DOM node and focus; new ones are inserted in order. */
  function refreshCards(page) {
    const fresh = [...page.querySelectorAll("#queue .card")].filter((card) => !going.has(card.id));
    const wanted = new Set(fresh.map((card) => card.id));
    for (const card of cards()) if (!wanted.has(card.id)) card.parentNode.remove();
    fresh.forEach((card, at) => {
      const old = document.getElementById(card.id);
      const item = old && statusOf(old) === statusOf(card) ? old.parentNode : card.parentNode;
      if (item !== old?.parentNode) {
        showTimes(item);
        old?.parentNode.remove();
      }
      if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
    });
  }

  function refresh(page) {
    refreshCards(page);
    for (const id of ["tabs", "toast", "further", "whole"]) {
      document.getElementById(id)?.replaceChildren(...page.getElementById(id)?.childNodes ?? []);
    }
    showEmpty();
    showPicked();
    if (document.activeElement === list && cards().length) focusCard(cards()[0]); // the list was empty
  }

  const chosen = () => cards().filter((card) => card.querySelector(".pick").checked);

  function showPicked() {
    const number = chosen().length;
    bulk.hidden = number === 0;
    picked.textContent = `${picked.dataset.words} ${number}`;
  }

  function showEmpty() {
    document.getElementById("empty").hidden = cards().length > 0 || going.size > 0;
  }

  function takeAway(card) {
    const all = cards();
    const at = all.indexOf(card);
    const back = { item: card.parentNode, after: all[at + 1]?.parentNode };
    const hadFocus = card.contains(document.activeElement);
    back.item.remove();
    if (hadFocus) focusCard(all[at + 1] ?? all[at - 1]);
    return back;
  }

  /* Decides one card or all selected ones: they disappear at once, and return on failure. */
  function decide(gone, submitter, body) {
    say(main.dataset[submitter.value] + (gone.length > 1 ? ` (${gone.length})` : "")); // before the focus moves: it covers a part
    const backs = gone.map((card) => [card, takeAway(card)]);
    for (const card of gone) going.add(card.id);
    showPicked();
    line = line.then(async () => {
      try {
        const page = await post(submitter.form, submitter, body);
        for (const card of gone) going.delete(card.id);
        refresh(page);
      } catch (problem) {
        for (const [card, back] of backs.reverse()) {
          going.delete(card.id);
          list.insertBefore(back.item, back.after?.isConnected ? back.after : null);
          if (problem.statusNow) collided(card, problem);
        }
        say(problem.statusNow ? problem.message : main.dataset.failed);
        showEmpty();
        showPicked();
      }
    });
  }

  const tellBeside = (card, words) => {
    const beside = card.querySelector(".opened");
    beside.textContent = words;
    beside.hidden = !words;
  };

  /* Another moderator decided in between: the card says so, and a key decides anyway. */
  function collided(card, problem) {
    tellBeside(card, problem.message);
    card.querySelector("[name=expected]").value = problem.statusNow;
  }

  /* Reports which card has the focus, and asks who else has it open. */
  const glances = new Map();
  let resting;

  async function glance(card) {
    glances.set(card.id, Date.now());
    const form = card.querySelector(".decide form");
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    try {
      const response = await fetch(form.action.replace(/decide$/, "glance"), {
        method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin",
      });
      if (response.ok) tellBeside(card, (await response.json()).said);
    } catch { /* presence is optional */ }
  }

  list.addEventListener("focusin", (event) => {
    clearTimeout(resting);
    const card = event.target.closest(".card");
    if (!card || Date.now() - (glances.get(card.id) ?? 0) < 20_000) return;
    resting = setTimeout(() => card.contains(document.activeElement) && glance(card), 500);
  });

  function decideChosen(submitter) {
    const gone = chosen();
    if (gone.length === 0) return;
    const body = new FormData(submitter.form, submitter);
    decide(gone, submitter, body);
  }

  function undo(form) {
    const own = form.closest(".card")?.id;
    line = line.then(async () => {
      const had = new Map(cards().map((card) => [card.id, statusOf(card)]));
      try {
        refresh(await post(form));
        focusCard(cards().find((card) => had.get(card.id) !== statusOf(card)) ?? document.getElementById(own) ?? cards()[0]);
      } catch (problem) {
        say(problem.message || main.dataset.failed);
      }
    });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const card = form.closest(".card");
    if (form.method === "dialog" || form.method === "get" || form.closest(".top, .flood, .others") || form.id === "whole") return;
    event.preventDefault();
    if (form === bulk) decideChosen(event.submitter);
    else if (card && event.submitter?.name === "decision") decide([card], event.submitter);
    else undo(form);
  });

  function move(card, step) {
    const all = cards();
    const to = all[card ? all.indexOf(card) + step : 0];
    if (to) focusCard(to);
  }

  /* Undo waits for pending decisions: only then the toast knows which one was the last. */
  const undoLast = () => line.then(() => {
    const form = toast.querySelector("form");
    if (form) form.requestSubmit();
    else say(main.dataset.nothing);
  });

  function press(key, card) {
    const over = key.toLowerCase();
    if (key !== over && decisions[over]) bulk.querySelector(`[value="${decisions[over]}"]`)?.click();
    else if (key === "j") move(card, 1);
    else if (key === "k") move(card, -1);
    else if (key === "z") undoLast();
    else if (key === "?") help.showModal();
    else if (key === "x" && card) card.querySelector(".pick").click();
    else if (sections[key] && card) {
      location.assign(`${card.querySelector(".more").href}&act=${sections[key]}`);
    }
    else if (decisions[key] && card) card.querySelector(`[value="${decisions[key]}"]`)?.click();
    else return false;
    return true;
  }

  list.addEventListener("keydown", (event) => {
    if (!keysOn.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches("input:not(.pick), textarea, select")) return;
    if (press(event.key, event.target.closest(".card"))) event.preventDefault();
  });

  list.addEventListener("change", showPicked);

  const opener = document.getElementById("help-open");
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());

  const KEYS = "comments:moderation-keys";
  try {
    keysOn.checked = localStorage.getItem(KEYS) !== "off";
    keysOn.addEventListener("change", () => localStorage.setItem(KEYS, keysOn.checked ? "on" : "off"));
  } catch { /* then the setting lasts for this page only */ }

  showPicked();
  /* The shortcuts work only in the list, so it gets the focus. */
  const arrived = location.hash.startsWith("#card-") ? document.getElementById(location.hash.slice(1)) : cards()[0];
  if (arrived) focusCard(arrived);
})();
