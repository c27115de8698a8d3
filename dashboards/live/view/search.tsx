/** The search of a view: words that become part of the address, and further fields after them. */

import type { ComponentChildren, VNode } from 'preact';
import type { Page } from '../page.ts';
import { withParams } from '../route.ts';

export function SearchForm({
  page,
  placeholder,
  children,
}: {
  readonly page: Page;
  readonly placeholder: string;
  readonly children?: ComponentChildren;
}): VNode {
  const { route, actions } = page;
  return (
    <form class="tools" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        Search{' '}
        <input
          id="search"
          type="search"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          placeholder={placeholder}
          value={route.params.get('q') ?? ''}
          onInput={(event) =>
            actions.go(withParams(route, { q: event.currentTarget.value.trim() }))
          }
        />
      </label>
      {children}
    </form>
  );
}
