/* Inside an iframe: tells the host page the thread's height, and accepts its theme. Ignores other senders. */
(() => {
  "use strict";

  const { host, amp } = document.currentScript.dataset;
  const thread = document.querySelector("comment-thread");
  let told;

  const tell = () => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === told || parent === window) return;
    told = height;
    parent.postMessage({ comments: { height } }, host);
    if (amp !== undefined) parent.postMessage({ sentinel: "amp", type: "embed-size", height }, "*");
  };

  new ResizeObserver(tell).observe(document.documentElement);
  addEventListener("load", tell);
  addEventListener("message", ({ source, origin, data }) => {
    const theme = data?.comments?.theme;
    if (source === parent && origin === host && /^(auto|light|dark|high-contrast)$/.test(theme)) thread.dataset.theme = theme;
  });

  /* Links to other pages open outside the frame. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]:not([data-act])");
    if (link && !link.target) link.target = "_top";
  }, true);
})();
