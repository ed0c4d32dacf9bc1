/** The names that are near an unknown one, nearest first: few edits away, ignoring case, or longer by some letters at the end. */
export function nearest(name: string, names: readonly string[]): string[] {
  const most = Math.max(1, Math.floor(name.length / 3))
  return names
    .map((known) => ({ known, edits: changesBetween(name.toLowerCase(), known.toLowerCase()) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)
    .map(({ known }) => known)
}

/** The hint for an unknown name: the nearest known one, or all of them. */
export function nearestText(name: string, names: readonly string[]): string {
  const [near] = nearest(name, names)
  return near === undefined ? `There are: ${[...new Set(names)].join(', ')}.` : `Did you mean ${near}?`
}

const FEWEST = 3

const changesBetween = (name: string, known: string) =>
  name.length >= FEWEST && known.startsWith(name) ? 1 : editsBetween(name, known)

/** Letters that are to be put in, taken out or changed, or neighbours that are to be exchanged. */
function editsBetween(a: string, b: string): number {
  let before: readonly number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const [at, letter] of [...a].entries()) {
    const next = [at + 1]
    for (const [other, its] of [...b].entries()) {
      const isExchanged = at > 0 && other > 0 && letter === b[other - 1] && a[at - 1] === its
      const exchanged = isExchanged ? before[other - 1]! + 1 : Number.POSITIVE_INFINITY
      const changed = row[other]! + (letter === its ? 0 : 1)
      next.push(Math.min(row[other + 1]! + 1, next[other]! + 1, changed, exchanged))
    }
    before = row
    row = next
  }
  return row[b.length]!
}
