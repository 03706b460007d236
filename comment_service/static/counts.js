/* Fills links with the comment counts of their pages, and lists with the latest comments. */

const MOST = 100;
const LONGEST = 7000; // maximum URL length that every proxy accepts

/* Splits the pages into as few requests as the URL length allows. */
const parts = (pages) => {
  const found = [[]];
  let length = 0;
  for (const url of pages) {
    length += encodeURIComponent(url).length + 5;
    if (length > LONGEST || found.at(-1).length === MOST) {
      found.push([]);
      length = 0;
    }
    found.at(-1).push(["url", url]);
  }
  return found.filter((part) => part.length);
};

export async function count(root, home, { site, lang }, parse, sheet) {
  const language = lang || document.documentElement.lang;
  const query = (more) => new URLSearchParams([["site", site], ...(language ? [["lang", language]] : []), ...more]);
  const links = [...root.querySelectorAll("[data-comments-count]")];
  const of = (link) => new URL(link.dataset.commentsCount || link.getAttribute("href") || "", document.baseURI).href.split("#")[0];
  const pages = [...new Set(links.map(of))];
  for (const part of parts(pages)) {
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
    shadow.replaceChildren(parse(await answer.text()));
    sheet(shadow);
    const brief = new Intl.DateTimeFormat(language || undefined, { dateStyle: "medium", timeStyle: "short" });
    for (const time of shadow.querySelectorAll("time")) time.textContent = brief.format(new Date(time.dateTime));
  }
}
