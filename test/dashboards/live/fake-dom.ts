/** As much of a DOM as the views use; setting markup is an error. */

export class FakeElement {
  readonly tag: string;
  parent: FakeElement | undefined;
  children: (FakeElement | string)[] = [];
  className = '';
  title = '';
  open = false;
  checked = false;
  value = '';
  type = '';
  readonly attributes: Map<string, string> = new Map();
  readonly listeners: Map<string, () => void> = new Map();
  readonly classList: { toggle(name: string, on: boolean): void } = {
    toggle: (name, on) => {
      const names = this.className.split(' ').filter((n) => n !== name && n !== '');
      this.className = [...names, ...(on ? [name] : [])].join(' ');
    },
  };

  constructor(tag: string) {
    this.tag = tag;
  }

  set innerHTML(_: string) {
    throw new Error('markup was set');
  }

  get textContent(): string {
    return this.children.map((c) => (typeof c === 'string' ? c : c.textContent)).join('');
  }

  set textContent(text: string) {
    this.children = [text];
  }

  get elements(): FakeElement[] {
    return this.children.filter((c) => c instanceof FakeElement);
  }

  get firstElementChild(): FakeElement | null {
    return this.elements[0] ?? null;
  }

  get nextElementSibling(): FakeElement | null {
    const siblings = this.parent?.elements ?? [];
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }

  append(...items: (FakeElement | string)[]): void {
    for (const item of items) this.insertBefore(item, null);
  }

  insertBefore(item: FakeElement | string, before: FakeElement | null): void {
    if (item instanceof FakeElement) {
      item.remove();
      item.parent = this;
    }
    const at = before === null ? this.children.length : this.children.indexOf(before);
    if (at < 0) throw new Error('no such child');
    this.children.splice(at, 0, item);
  }

  replaceChildren(...items: (FakeElement | string)[]): void {
    for (const child of this.elements) child.parent = undefined;
    this.children = [];
    this.append(...items);
  }

  remove(): void {
    if (this.parent) this.parent.children = this.parent.children.filter((c) => c !== this);
    this.parent = undefined;
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  removeAttribute(name: string): void {
    this.attributes.delete(name);
    if (name === 'title') this.title = '';
  }

  addEventListener(type: string, listener: () => void): void {
    this.listeners.set(type, listener);
  }

  focus(): void {}

  /** This element and all below. */
  *all(): Generator<FakeElement> {
    yield this;
    for (const child of this.elements) yield* child.all();
  }
}

export function installFakeDom(): void {
  Object.assign(globalThis, {
    document: { createElement: (tag: string) => new FakeElement(tag) },
  });
}

/** A fake for where the views' types ask for a real one: `never` fits anywhere. */
export function fake(tag = 'div'): { readonly fake: FakeElement; readonly real: never } {
  const element = new FakeElement(tag);
  return { fake: element, real: element as never };
}
