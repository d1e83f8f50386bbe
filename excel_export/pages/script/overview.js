/** The whole network as one drawing that fits: every tensor a small picture, its branches above one another. */

import { html, nothing, svg } from "lit-html";
import { viewsOf } from "./elements.js";
import { model, size } from "./network.js";
import { painted, paintSmall } from "./pictures.js";
import { goTo, isBackward, shownView } from "./place.js";
import { state } from "./state.js";
import { inLanguage, say } from "./words.js";

/** The widest and the narrowest column. Below the second names are small; below the third they stand upright. */
const COLUMN = { most: 74, large: 56, named: 36, least: 6 };
const LANE = { tall: 72, low: 36, bare: 40, upright: 112 };
/** Pixels of a column from which on a name stands upright in it. */
const UPRIGHT = 12;
/** Letters of a name that fit into two lines of a low box. */
const TWO_LINES = 18;
const THIRD_LINE = 8;
const FEW = 12;

/** The top and height of each lane, and the height of its arrows, for columns of a width. @param {number} column */
function lanesOf(column) {
  const isBare = column < COLUMN.named;
  const count = 1 + Math.max(...model.overview.map((box) => box.lane));
  let top = 0;
  return Array.from({ length: count }, (_, lane) => {
    const here = model.overview.filter((box) => box.lane === lane);
    const isLow = count > 1 && here.every((box) => size(box.array) <= FEW);
    const isLong = isLow && !isBare && here.some((box) => inLanguage(box.name).length > TWO_LINES);
    const isUpright = isBare && !isLow && column >= UPRIGHT;
    const tall = isUpright ? LANE.upright : isBare ? LANE.bare : LANE.tall;
    const height = isLow && !isBare ? LANE.low + (isLong ? THIRD_LINE : 0) : isLow ? LANE.bare / 2 : tall;
    const kind = `${column < COLUMN.large ? "small " : ""}${isLow ? "low" : "tall"}${isLong ? " long" : ""}${isBare ? " bare" : ""}${isUpright ? " upright" : ""}`;
    const wide = isLow && !isBare ? 14 : column - (isBare ? 4 : 20);
    const thumb = { width: Math.max(1, wide), height: isLow ? 14 : 30, most: isLow ? 14 : 6 };
    top += height;
    return { kind, isUpright, thumb, height, top: top - height, middle: top - height + (isLow ? 12 : 20) };
  });
}

/** @param {string} array */
const boxesOf = (array) => model.overview.filter((box) => box.array === array || box.gradient === array);

/** The state of a box at a step: empty, computed, with a gradient, or shown now. @param {Box} box */
function stageOf(box) {
  const { made, companion, slots } = shownView();
  // A parameter has no box of its own: it stands with what is made with it.
  const parameter = model.tensors[companion ?? slots.find((array) => model.tensors[array].isParameter) ?? ""];
  const ofParameter = parameter?.isParameter && !boxesOf(made).length && box.weights.includes(parameter.name);
  const isShown = boxesOf(made).includes(box) || ofParameter;
  if (isShown || (state.step === box.made && !viewsOf(state.step).some(({ view }) => view.isGiven))) return "now";
  if (box.known && box.known <= state.step) return "known";
  return box.made <= state.step ? "made" : "waiting";
}

/** The state of each box. One is always shown: for a tensor without a box, the one before it. */
function stagesOf() {
  const stages = model.overview.map(stageOf);
  if (stages.includes("now")) return stages;
  const when = model.overview
    .map(({ made, known }) => (isBackward() ? known : made))
    .map((each) => (each <= state.step ? each : 0));
  stages[when.indexOf(Math.max(...when))] = "now";
  return stages;
}

/** Opens where a box is made, on the way back where its gradient is; of the one that is shown, the other. @param {Box} box @param {boolean} isShown */
function openBox(box, isShown) {
  const isBack = isBackward() !== isShown && Boolean(box.known);
  const number = isBack ? box.known : box.made;
  const view = viewsOf(number).findIndex(({ view: each }) => each.made === (isBack ? box.gradient : box.array));
  goTo(number, view >= 0 ? view : null);
}

/** @param {number} column @param {ReturnType<typeof lanesOf>} lanes @param {number[]} lit */
function lines(column, lanes, lit) {
  const edge = Math.min(12, column / 6);
  return model.overview.flatMap((box, to) =>
    box.reads.map((number) => {
      const from = model.overview[number];
      const [x1, y1] = [(from.column + 1) * column - edge, lanes[from.lane].middle];
      const [x2, y2] = [box.column * column + edge / 3, lanes[box.lane].middle];
      // A long way goes between the lanes.
      const under = lanes[Math.max(from.lane, box.lane)];
      const between = under.top + under.height - 4;
      const bend = column / 4.6;
      const path =
        box.column - from.column > 1
          ? `M${x1} ${y1} C${x1 + bend} ${y1} ${x1} ${between} ${x1 + 1.6 * bend} ${between} L${x2 - 1.4 * bend} ${between} C${x2} ${between} ${x2 - bend} ${y2} ${x2} ${y2}`
          : `M${x1} ${y1} C${x1 + bend / 2} ${y1} ${x2 - bend / 2} ${y2} ${x2} ${y2}`;
      const isLit = lit.includes(number) && lit[lit.indexOf(number) + 1] === to;
      return svg`<path d=${path} class=${isLit ? "lit-way" : ""} />`;
    }),
  );
}

/** @param {OnWay[]} way @param {number} wide how many pixels there are */
export function overview(way, wide) {
  const columns = 1 + Math.max(...model.overview.map((box) => box.column));
  const column = Math.max(COLUMN.least, Math.min(COLUMN.most, Math.floor((wide - 8) / columns)));
  const lanes = lanesOf(column);
  const height = Math.max(...lanes.map((lane) => lane.top + lane.height));
  const lit = way.map(({ array }) => model.overview.findIndex((box) => box.array === array)).filter((box) => box >= 0);
  const stages = stagesOf();
  const boxes = model.overview.map((box, k) => {
    const lane = lanes[box.lane];
    const stage = stages[k];
    const gradient = stage === "known" || (stage === "now" && isBackward()) ? box.gradient : null;
    const shows = gradient ?? box.array;
    const name = inLanguage(box.name);
    const drawn = painted((canvas) => paintSmall(canvas, shows, lane.thumb), `${shows} ${column}`);
    return html`<button type="button" class="box ${lane.kind} ${lit.includes(k) ? "on-way" : ""}" data-stage=${stage}
      title=${name} aria-label="${name}: ${say(`stage-${stage}`)}" aria-current=${stage === "now" ? "step" : "false"}
      .style=${`left:${box.column * column}px;top:${lane.top}px;width:${column - Math.min(6, column / 6)}px`}
      @click=${() => openBox(box, stage === "now")}><canvas aria-hidden="true" ${drawn}></canvas>${
        column < COLUMN.named && !lane.isUpright ? nothing : html`<span>${name}</span>`
      }</button>`;
  });
  const now = model.overview[stages.indexOf("now")];
  return html`<div class="scroller"><div class="drawing" .style=${`width:${columns * column}px;height:${height + 2}px`}>
      <svg width=${columns * column} height=${height} aria-hidden="true">${lines(column, lanes, lit)}</svg>${boxes}
    </div></div>${column < COLUMN.named ? html`<p class="here">${inLanguage(now.name)}</p>` : nothing}`;
}
