/* Says why a thread cannot appear: in the console, and on the page for whoever builds it. */

const show = (words, place) => {
  console.warn(`comments: ${words}`);
  const line = document.createElement("p");
  line.textContent = words;
  place(line);
};

const NO_SITE = 'No comments appear here, because the embed code does not name a site. Add data-site="KEY" to it; the embed code page of the service shows the complete line.';
const FILE = "No comments appear here, because this page was opened as a file. Open it through a web server, such as http://localhost:8080/, and register that address for the site.";

export function hint(thread) {
  const { site, url } = thread.about;
  if (!site) show(NO_SITE, (line) => thread.root.replaceChildren(line));
  else if (!/^http/.test(url)) show(FILE, (line) => thread.root.replaceChildren(line));
}

/* A script without data-site on a page without a thread. */
export function missing(script) {
  show(NO_SITE, (line) => { if (!document.head.contains(script)) script.after(line); });
}
