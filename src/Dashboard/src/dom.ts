// Elements, and the least change that turns what is shown into what is to be shown: a live page keeps its focus and its place.

export type Child = Node | string | number | null | undefined | false | Child[];
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;

const SVG = 'http://www.w3.org/2000/svg';
const listeners = new WeakMap<Element, Map<string, (event: Event) => void>>();

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Shows these children in the parent, with as much of what is there as fits. */
export function show(parent: Element, ...children: Child[]): void {
  patchChildren(parent, flat(children));
}

/** Calls for drawing that come faster than frames are drawn become one: a page shows the present, however fast the news come. */
export function atNextFrame(drawing: () => void): () => void {
  let asked = false;
  return () => {
    if (!asked) {
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        drawing();
      });
    }
  };
}

function fill<T extends Element>(element: T, attributes: Attributes, children: Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      listen(element, name, value);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...flat(children));
  return element;
}

function listen(element: Element, name: string, handler: (event: Event) => void): void {
  let known = listeners.get(element);
  if (!known) {
    listeners.set(element, (known = new Map()));
  }
  if (!known.has(name)) {
    element.addEventListener(name, (event) => listeners.get(element)?.get(name)?.(event));
  }
  known.set(name, handler);
}

function flat(children: Child[]): Node[] {
  return children.flatMap((child) =>
    child === null || child === undefined || child === false ? []
    : Array.isArray(child) ? flat(child)
    : child instanceof Node ? [child]
    : [document.createTextNode(String(child))]);
}

function patchChildren(parent: Element, wanted: Node[]): void {
  wanted.forEach((child, at) => {
    const there = parent.childNodes[at];
    if (!there) {
      parent.append(child);
    } else if (there !== child && !patch(there, child)) {
      parent.replaceChild(child, there);
    }
  });
  while (parent.childNodes.length > wanted.length) {
    parent.lastChild!.remove();
  }
}

/** Makes a node like another one; false where they are of different kinds. */
function patch(there: Node, wanted: Node): boolean {
  if (there instanceof Text && wanted instanceof Text) {
    if (there.data !== wanted.data) {
      there.data = wanted.data;
    }
    return true;
  }
  if (!(there instanceof Element) || !(wanted instanceof Element) || there.tagName !== wanted.tagName
    || there.getAttribute('data-key') !== wanted.getAttribute('data-key')) {
    return false;
  }
  // What a page draws by itself is not touched.
  if (there.hasAttribute('data-own')) {
    return true;
  }
  for (const { name } of [...there.attributes]) {
    if (!wanted.hasAttribute(name) && !(name === 'open' && there.tagName === 'DETAILS')) {
      there.removeAttribute(name);
    }
  }
  for (const { name, value } of [...wanted.attributes]) {
    if (there.getAttribute(name) !== value) {
      there.setAttribute(name, value);
      // Once somebody has used a field, its attribute no longer shows.
      if (name === 'value' && there instanceof HTMLInputElement) {
        there.value = value;
      }
    }
  }
  listeners.get(wanted)?.forEach((handler, name) => listen(there, name, handler));
  patchChildren(there, [...wanted.childNodes]);
  return true;
}
