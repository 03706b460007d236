/*
 * Inside an iframe: tells the host page the thread's height and where a linked comment is, and
 * accepts its theme, its light or dark look and its fragment. Ignores other senders.
 */
(() => {
  "use strict";

  const { host, amp } = document.currentScript.dataset;
  const root = document.documentElement;
  const thread = document.querySelector("comment-thread");
  let told;
  const staff = document.getElementById("moderate-comments");
  let linked = staff.hidden ? location.hash : `#${staff.id}`; // until its target is shown
  let shown = null; // the target, while what is above it is still laid out

  const send = (comments) => { if (parent !== window) parent.postMessage({ comments }, host); };

  const tell = () => {
    const height = Math.ceil(root.getBoundingClientRect().height);
    if (height === told || parent === window) return;
    told = height;
    send({ height });
    if (amp !== undefined) parent.postMessage({ sentinel: "amp", type: "embed-size", height }, "*");
    if (shown) send({ top: shown.getBoundingClientRect().top + scrollY });
  };

  /* A frame cannot scroll the page of another origin: the host does it. */
  const point = (target) => {
    if (!linked || !target || target.id !== linked.slice(1)) return;
    linked = "";
    shown = target;
    told = 0;
    tell();
    setTimeout(() => { shown = null; }, 1000);
  };

  /* The thread or the form; a comment is shown first, and then gets the focus. */
  const section = () => { if (/[a-z]$/.test(linked)) point(document.getElementById(linked.slice(1))); };

  const turnTo = ({ theme, scheme, hash }) => {
    if (/^(auto|light|dark|high-contrast)$/.test(theme)) thread.dataset.theme = theme;
    if (/^(light|dark)$/.test(scheme)) {
      root.dataset.scheme = scheme;
      document.querySelector('meta[name="color-scheme"]').content = scheme;
      thread.redress?.();
    }
    if (hash === `#${staff.id}`) {
      linked = hash;
      staff.hidden = false;
      section();
    } else if (/^#(comments|respond|(\w*-?com+ent\w*|isso)-[\w-]+)$/.test(hash)) {
      linked = hash;
      if (location.hash === hash) thread.jumpToHash?.();
      else location.hash = hash;
      section();
    }
  };

  new ResizeObserver(tell).observe(root);
  addEventListener("load", tell);
  addEventListener("comments:ready", section);
  addEventListener("focusin", ({ target }) => point(target));
  addEventListener("message", ({ source, origin, data }) => {
    if (source === parent && origin === host && data?.comments) turnTo(data.comments);
  });
  point(document.activeElement);
  section();

  /* Links to other pages open outside the frame. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]:not([data-act])");
    if (link && !link.target) link.target = "_top";
  }, true);
})();
