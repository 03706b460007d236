/*
 * Embeds a thread in an iframe, for pages that cannot load it into their own document:
 *   <script src="https://comments.example/static/framing.js" data-site="KEY" async></script>
 * The frame reports its height; messages count only from its own origin and window.
 */
(() => {
  "use strict";

  const here = document.currentScript ?? [...document.scripts].find(({ src }) => src.endsWith("/static/framing.js")); // a module has none
  const home = new URL("../", here.src);
  const { site, page, sort, lang, title } = here.dataset;
  const canonical = document.querySelector('link[rel="canonical"]')?.href;
  const linked = () => location.hash.match(/^#(comments|respond|moderate-comments|(\w*-?com+ent\w*|isso)-[\w-]+)$/)?.[0] ?? "";

  /* The given theme, or the one that matches the page's text colour. */
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const look = () => {
    const theme = here.dataset.theme || "auto";
    if (theme === "light" || theme === "dark") return { theme, scheme: theme };
    brush.fillStyle = getComputedStyle(here.parentElement).color;
    brush.fillRect(0, 0, 1, 1);
    const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
    return { theme, scheme: red * 0.3 + green * 0.6 + blue * 0.1 > 140 ? "dark" : "light" };
  };

  const start = () => {
    let { theme, scheme } = look();
    const asked = {
      site, sort, theme, scheme,
      url: page ? new URL(page, location).href : canonical || location.href.split("#")[0],
      title: title || document.title,
      lang: lang || document.documentElement.lang,
      host: location.origin,
      moderate: linked() === "#moderate-comments" ? "1" : "", // no sign-in reaches a frame: it leads to a tab of its own
    };
    const first = linked();
    const frame = document.createElement("iframe");
    frame.src = `${home}frame.html?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}${asked.moderate ? "" : linked()}`;
    frame.title = title || document.title;
    frame.loading = linked() ? "eager" : "lazy";
    Object.assign(frame.style, { display: "block", width: "100%", height: "40rem", border: "0" });
    frame.style.colorScheme = scheme; // the same inside and outside: then the page shows through

    let heard = false; // whether the frame's script is there: what was sent before is lost
    const send = (comments) => frame.contentWindow?.postMessage({ comments }, home.origin);

    addEventListener("message", ({ source, origin, data }) => {
      if (source !== frame.contentWindow || origin !== home.origin) return;
      if (!heard) send({ theme, scheme, hash: linked() === first ? "" : linked() });
      heard = true;
      const { height, top } = data?.comments ?? {};
      if (Number.isFinite(height) && height > 0 && height < 1e6) frame.style.height = `${height}px`;
      if (linked() && Number.isFinite(top)) scrollBy(0, frame.getBoundingClientRect().top + Math.min(Math.max(top, 0), frame.offsetHeight) - 16);
    });
    addEventListener("hashchange", () => {
      frame.loading = "eager";
      if (linked()) send({ hash: linked() });
    });
    addEventListener("beforeprint", () => { frame.loading = "eager"; });

    /* The page's own dark switch. */
    const turn = () => {
      const next = look();
      if (next.theme === theme && next.scheme === scheme) return;
      ({ theme, scheme } = next);
      frame.style.colorScheme = scheme;
      send({ theme, scheme });
    };
    const observer = new MutationObserver(turn);
    for (let up = here; up; up = up.parentElement) observer.observe(up, { attributes: true });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", turn);
    document.addEventListener("transitionend", ({ propertyName }) => { if (propertyName === "color") turn(); });
    here.after(frame);
  };

  if (document.head.contains(here)) console.warn("comments: put this script into the body, where the comments should appear.");
  else start();
})();
