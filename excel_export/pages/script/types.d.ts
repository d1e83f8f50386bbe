/** What a page's own script declares: the network as functions of arrays. */
declare const ARRAYS: Record<string, Float64Array>;
declare const RULES: (() => void)[];
declare const SOURCES: [number, (places: number[], at: number) => number | boolean | [string, number]][];
declare function run(): void;

/** An array's name, a small function's number, or null for no number. */
type Kind = string | number | null;

/** Elements of a view with the same kinds of terms. */
interface Group {
  terms: [number, Kind, Kind, Kind][];
  alone: Kind;
  asides: Kind[];
  spelled: string[];
  bare: number[];
  first: number[];
  which: number[];
  moves: number[][];
  of: number[];
  labels: string[];
}

interface View {
  part: number;
  made: string;
  slots: string[];
  companion: string | null;
  paths: string;
  first: number;
  isGiven: boolean;
  groups: Group[];
  group: number[];
  row: number[];
  readers?: Map<string, Set<number>>;
}

interface Part {
  words: string;
  math: string;
}

interface Tensor {
  name: string;
  shape: number[];
  isGradient: boolean;
  isParameter: boolean;
}

/** The tiles of a tensor's picture. */
interface Tiles {
  size: number;
  height: number;
  width: number;
  whole: boolean;
  rows: number[];
  columns: number[];
  elements: number[];
}

interface Box {
  name: string;
  array: string;
  gradient: string | null;
  column: number;
  lane: number;
  reads: number[];
  weights: string[];
  made: number;
  known: number;
}

interface Input {
  array: string;
  name: string;
  kind: string;
  shape: number[];
  whole: boolean;
  limits: [number, number] | null;
  most: number;
}

/** Probabilities, row by row, and the true class of each. */
interface Shares {
  shares: string;
  target: string;
  rows: number;
  count: number;
}
/** The tensors that a loss compares, or the last one before it. */
interface Compared {
  compared: { array: string; name: string }[];
  count: number;
}

/** A question, with the state of the page that answers it. */
interface Stop {
  kind: string;
  ask: string;
  answer: string;
  show: string;
  change: Record<string, number>;
  changing: string;
}

type Packed = ["u1" | "f4" | "f8", string] | number[];

/** All that a page knows of a network. */
interface Model {
  title: string;
  about: { source: string; workbook: string; licence: string };
  steps: { name: string; direction: string; main: number; parts: Part[] }[];
  views: View[];
  tensors: Record<string, Tensor>;
  tiles: Record<string, Tiles>;
  overview: Box[];
  inputs: Input[];
  outcomes: (Shares | Compared)[];
  loss: string;
  rate: string;
  step: string;
  kept: [string, string][];
  gradients: string[];
  changing: boolean;
  rule: {
    names: string[];
    words: string[];
    chosen: number;
    numbers: { array: string; name: string; words: string; rules: string[] }[];
  };
  keys: Record<string, string>;
  guide: Stop[];
  texts: Record<string, Record<string, string>>;
  words: Record<string, Record<string, string>>;
  numbers: Record<string, Packed>;
  examples: { count: number; unseen: number; inputs: Record<string, Packed> } | null;
}

/** A number in an array, or one that is only computed. */
interface Num {
  array?: string;
  place?: number;
  value: number;
}
interface At {
  array: string;
  place: number;
}

interface Term {
  cell: Num;
  factor: Num | null;
  counts: Num | null;
  group: number;
  product: number;
}

/** The account of one element: the terms of its sum, and the numbers that it only looks at. */
interface Account {
  terms: Term[];
  alone: Num | null;
  asides: (Num | null)[];
  spelled: string[];
  bare: number[];
  labels: string[];
}

/** A way on from a gradient: what arrives, the slope that it meets, and their product. */
interface Edge {
  gradient: string | null;
  place: number;
  arriving: number;
  slope: number;
  product: number;
}
interface OnWay {
  array: string;
  gradient: string;
  place: number;
  isEnd: boolean;
  edges: Edge[] | null;
  taken: Edge | null;
}

/** A reader's changes, in order: numbers changed by slots and places; steps; a new beginning; a picture kept. */
type Deed =
  | { edits: Map<number, Map<number, number>> }
  | { steps: number; rule: number; batch: number }
  | { forget: number }
  | { keep: true };

interface Pin extends At {
  nudge?: { by: number; slope: number };
}

type Marks = Record<string, number[]>;
interface Room {
  width: number;
  height: number;
  most?: number;
}
