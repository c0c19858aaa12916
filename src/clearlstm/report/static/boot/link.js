// Runs before all modules: gives the browser those that stand in this page, each under the name by which others import
// it. The page's policy knows the hash of the map that comes out, so nothing but these modules, unchanged, is run.
{
  /** @type {Record<string, string>} */
  const imports = {};
  /** @type {Record<string, string>} */
  const integrity = {};
  /** @type {NodeListOf<HTMLScriptElement>} */
  const modules = document.querySelectorAll("script[data-module]");
  for (const { dataset, textContent } of modules) {
    const url = `data:text/javascript,${encodeURIComponent(textContent ?? "")}`;
    imports[dataset.module ?? ""] = url;
    integrity[url] = dataset.hash ?? "";
  }
  const map = document.createElement("script");
  map.type = "importmap";
  map.textContent = JSON.stringify({ imports, integrity });
  document.head.append(map);
}
