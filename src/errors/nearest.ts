/** Of names the nearest to one that is not among them, if any is near: by edits, letters of either case being one; what begins so is near. */
export function nearest(name: string, names: readonly string[]): string[] {
  const most = Math.max(1, Math.floor(name.length / 3))
  return names
    .map((known) => ({ known, edits: changesBetween(name.toLowerCase(), known.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)
    .map(({ known }) => known)
}

/** What to say after a name that is not among those that there are: the nearest, or all of them, each once. */
export function nearestText(name: string, names: readonly string[]): string {
  const [near] = nearest(name, names)
  return near === undefined ? `There are: ${[...new Set(names)].join(', ')}.` : `Did you mean ${near}?`
}

const FEWEST = 3

const changesBetween = (name: string, known: string) =>
  name.length >= FEWEST && known.startsWith(name) ? 1 : editsBetween(name, known)

/** Letters that are to be put in, taken out or changed. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [at, letter] of [...a].entries()) {
    const next = [at + 1]
    for (const [other, its] of [...b].entries()) {
      next.push(Math.min(row[other + 1]! + 1, next[other]! + 1, row[other]! + (letter === its ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
