/** What the page uses of the libraries in vendor/, declared for tsc; nothing reads this in the browser. */

declare module "htm/preact" {
  export type VNode = { type: unknown; props: unknown };
  export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
  export function render(tree: VNode | null, parent: Element): void;
}

declare module "preact/hooks" {
  export type Ref<T> = { current: T };
  export function useLayoutEffect(run: () => void | (() => void), inputs?: unknown[]): void;
  export function useMemo<T>(make: () => T, inputs: unknown[]): T;
  export function useRef<T>(first: T): Ref<T>;
  export function useState<T>(first: T): [T, (next: T) => void];
  export function useErrorBoundary(told?: (error: unknown) => void): [unknown, () => void];
  export function useEffect(run: () => void | (() => void), inputs?: unknown[]): void;
}

declare module "@preact/signals" {
  export type ReadonlySignal<T> = { readonly value: T };
  export type Signal<T> = { value: T };
  export function signal<T>(first: T): Signal<T>;
  export function computed<T>(make: () => T): ReadonlySignal<T>;
  export function effect(run: () => void): () => void;
  export function batch<T>(run: () => T): T;
}

// d3 comes as scripts that add themselves to one global object; lab/d3.js hands on what is used.
declare module "d3-array";
declare module "d3-color";
declare module "d3-format";
declare module "d3-interpolate";
declare module "d3-path";
declare module "d3-scale";
declare module "d3-shape";
declare module "d3-time";
declare module "d3-time-format";

interface LinearScale {
  (value: number): number;
  domain(values: number[]): this;
  domain(): number[];
  range(values: number[]): this;
  nice(count: number): this;
  ticks(count: number): number[];
  tickFormat(count: number): (value: number) => string;
  invert(position: number): number;
}

interface UtcScale {
  domain(values: number[]): this;
  ticks(count: number): Date[];
}

interface PathMaker<T> {
  (rows: T[]): string | null;
  defined(test: (row: T) => boolean): this;
  x(at: (row: T, index: number) => number): this;
  y(at: (row: T, index: number) => number): this;
  y0(at: (row: T, index: number) => number): this;
  y1(at: (row: T, index: number) => number): this;
}

declare var d3: {
  bisectLeft(values: number[], value: number): number;
  scaleLinear(): LinearScale;
  scaleUtc(): UtcScale;
  line<T>(): PathMaker<T>;
  area<T>(): PathMaker<T>;
};

declare module "lab/views.json" {
  const views: Record<string, import("lab/views.js").View>;
  export default views;
}
