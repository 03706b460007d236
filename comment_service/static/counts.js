/* Fills links with how many comments their pages have, and lists with the latest comments. */

const MOST = 100;

export async function count(root, home, { site, lang }, parse, sheet) {
  const language = lang || document.documentElement.lang;
  const query = (more) => new URLSearchParams([["site", site], ...(language ? [["lang", language]] : []), ...more]);
  const links = [...root.querySelectorAll("[data-comments-count]")];
  const of = (link) => new URL(link.dataset.commentsCount || link.getAttribute("href") || "", document.baseURI).href.split("#")[0];
  const pages = [...new Set(links.map(of))];
  for (let first = 0; first < pages.length; first += MOST) {
    const part = pages.slice(first, first + MOST).map((url) => ["url", url]);
    const { counts } = await (await fetch(`${home}counts?${query(part)}`)).json();
    for (const link of links.filter((one) => counts[of(one)])) {
      const { count: number, label } = counts[of(link)];
      link.textContent = "commentsNumber" in link.dataset ? new Intl.NumberFormat(language || undefined).format(number) : label;
      link.dispatchEvent(new CustomEvent("comments:count", { bubbles: true, detail: { count: number, label } }));
    }
  }
  for (const box of root.querySelectorAll("[data-comments-latest]")) {
    const answer = await fetch(`${home}latest?${query([["limit", box.dataset.commentsLatest || 5]])}`);
    const shadow = box.shadowRoot ?? box.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [sheet()];
    shadow.replaceChildren(parse(await answer.text()));
    const brief = new Intl.DateTimeFormat(language || undefined, { dateStyle: "medium", timeStyle: "short" });
    for (const time of shadow.querySelectorAll("time")) time.textContent = brief.format(new Date(time.dateTime));
  }
}
