/*
 * Embeds a thread in an iframe, for pages that cannot load it into their own document:
 *   <script src="https://comments.example/static/framing.js" data-site="KEY" async></script>
 * The frame reports its height; messages count only from its own origin and window.
 */
(() => {
  "use strict";

  const here = document.currentScript;
  const home = new URL("../", here.src);
  const { site, page, theme, sort, lang, title } = here.dataset;
  const canonical = document.querySelector('link[rel="canonical"]')?.href;
  const asked = {
    site, sort, theme,
    url: page ? new URL(page, location).href : canonical || location.href.split("#")[0],
    title: title || document.title,
    lang: lang || document.documentElement.lang,
    host: location.origin,
  };
  const frame = document.createElement("iframe");
  frame.src = `${home}frame.html?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;
  frame.title = title || document.title;
  frame.loading = "lazy";
  Object.assign(frame.style, { display: "block", width: "100%", height: "40rem", border: "0" });

  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== home.origin) return;
    const height = data?.comments?.height;
    if (Number.isFinite(height) && height > 0 && height < 1e6) frame.style.height = `${height}px`;
  });
  here.after(frame);
})();
