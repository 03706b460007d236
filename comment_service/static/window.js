/*
 * The window's side of a sign-in. It asks the page that opened it whether that page started this
 * sign-in; only a page of the site's own origin receives the question. Without an answer (a policy
 * separates the two), the reader compares the code and presses the button.
 */
(() => {
  "use strict";
  const form = document.querySelector(".window-confirm[data-challenge]");
  if (document.querySelector("#finished")) {
    opener?.postMessage({ comments: "finished" }, "*"); // carries no data: the page asks our server
    setTimeout(() => close(), 1200);
  }
  if (!form || !opener) return;
  const { challenge, origin } = form.dataset;
  addEventListener("message", ({ data, source, origin: from }) => {
    if (source !== opener || from !== origin || data?.comments !== "mine" || data.challenge !== challenge) return;
    if (form.elements.code) form.elements.code.value = data.code; // a moderator presses the button
    else form.requestSubmit();
  });
  opener.postMessage({ comments: "whose", challenge }, origin);
})();
