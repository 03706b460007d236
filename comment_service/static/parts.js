/* A comment's page: shows one part at a time, as tabs; without the script all parts are there, and the links jump. */
(() => {
  "use strict";
  const list = document.getElementById("parts");
  const tabs = [...list.querySelectorAll("a")];
  const panel = (tab) => document.getElementById(tab.hash.slice(1));

  function open(chosen) {
    for (const tab of tabs) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      panel(tab).hidden = tab !== chosen;
    }
  }

  /* The address names the open part, so that a reload and a link open it again. */
  function choose(tab) {
    open(tab);
    history.replaceState(history.state, "", tab.hash);
  }

  list.role = "tablist";
  for (const tab of tabs) {
    const part = panel(tab);
    tab.role = "tab";
    tab.id = `tab-${part.id}`;
    tab.setAttribute("aria-controls", part.id);
    part.role = "tabpanel";
    part.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(tab);
    });
  }

  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const ahead = getComputedStyle(list).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: ahead, ArrowLeft: -ahead }[event.key];
    const to = { Home: 0, End: tabs.length - 1 }[event.key] ?? (step && (at + step + tabs.length) % tabs.length);
    if (event.key === " ") event.target.click();
    else if (to === undefined) return;
    else {
      tabs[to].focus();
      choose(tabs[to]);
    }
    event.preventDefault();
  });

  const named = (name) => tabs.find((tab) => tab.hash === `#${name}`);
  addEventListener("hashchange", () => {
    const tab = named(location.hash.slice(1));
    if (tab) open(tab);
  });
  open(named(location.hash.slice(1)) ?? named(list.dataset.open) ?? tabs[0]);
  document.querySelector("[autofocus]")?.focus();
})();
