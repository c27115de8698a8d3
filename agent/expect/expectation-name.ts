/** What an expectation without a name is called: made of what it says, so that it is stable. */

/** As the file has it, parsed. */
export interface Unnamed {
  readonly in?: string | undefined;
  readonly pvd?: object | undefined;
  readonly address?: object | undefined;
  readonly route?: object | undefined;
  readonly decision?: object | undefined;
  readonly gives?: object | undefined;
  readonly which?: string | undefined;
  readonly finding?: string | undefined;
  readonly never?: boolean | undefined;
  readonly when?: string | undefined;
}

export function expectationName(value: Unnamed): string {
  const where = value.in === undefined ? '' : `${value.in}: `;
  return `${where}${said(value)}`;
}

function said(value: Unnamed): string {
  const { decision, gives, which, finding, never, when } = value;
  if (finding !== undefined) return `${never ? 'never ' : ''}finding ${finding}`;
  if (decision !== undefined) {
    const asked = words(decision);
    const verb = which === undefined || which === 'every' ? '' : `${which} `;
    return `${verb}decision ${asked}${gives === undefined ? '' : ` gives ${words(gives)}`}`;
  }
  const [object, row] = (['pvd', 'address', 'route'] as const)
    .map((key) => [key, value[key]] as const)
    .find(([, row]) => row !== undefined) ?? ['', {}];
  return `${object} ${words(row ?? {})}${when === undefined || when === 'ever' ? '' : `, ${when}`}`;
}

function words(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(' ') : value}`)
    .join(', ');
}
