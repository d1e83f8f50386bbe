// What is wrong with how any view of any step is laid out, as texts.
(() => {
  const wrong = [];
  const isWide = innerWidth > 760;
  for (let k = 0; k < model.steps.length; k++) {
    for (let view = 0; view < viewsOf(k + 1).length; view++) {
      goTo(k + 1, view);
      const say = (what) => wrong.push(`${k + 1} ${model.steps[k].name}, ${model.tensors[shownView().made].name}: ${what}`);
      const cards = [...document.querySelectorAll("#stage .card")];
      const line = document.querySelector("#arithmetic .line");
      if (isWide && new Set(cards.map((card) => card.offsetTop)).size > 1) say("what belongs together is in two rows");
      if (isWide && line.getBoundingClientRect().bottom > innerHeight) say("its arithmetic is out of view");
      if (cards.some((card) => card.scrollWidth > card.clientWidth + 1)) say("numbers stick out");
      if (!document.querySelector('.box[data-stage="now"]')) say("the overview does not say where it is");
      const map = document.querySelector("#overview .scroller");
      if (map.scrollWidth > map.clientWidth + 1) say("the map of the network does not fit");
      if (document.documentElement.scrollWidth > innerWidth) say("it is wider than the screen");
      if (/NaN|undefined/.test(line.innerText)) say(line.innerText);
    }
  }
  return wrong;
})()
