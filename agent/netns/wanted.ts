/** Which namespaces are to be watched, by name. */

/** A pattern is a name, or how names begin when it ends with `*`; without patterns all are. */
export function isWanted(name: string, patterns: readonly string[] | undefined): boolean {
  return (
    patterns === undefined ||
    patterns.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    )
  );
}
