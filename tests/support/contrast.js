// The texts of a page that have too little contrast with what is behind them.
(() => {
  const light = ([r, g, b]) =>
    [r, g, b]
      .map((each) => each / 255)
      .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
      .reduce((sum, each, k) => sum + each * [0.2126, 0.7152, 0.0722][k], 0);
  const rgb = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const ground = (each) => {
    for (; each; each = each.parentElement) {
      const colour = rgb(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const each of document.querySelectorAll("main *, header *")) {
    const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !each.getClientRects().length || each.disabled) continue;
    const [one, other] = [light(rgb(getComputedStyle(each).color).slice(0, 3)), light(ground(each))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5)
      found.push(`${each.tagName}.${each.className} ${each.textContent.slice(0, 20)} ${contrast.toFixed(2)}`);
  }
  return [...new Set(found)];
})();
