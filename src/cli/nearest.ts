/** Of these names the one that takes the fewest changes of a letter (Levenshtein 1966). */
export function nearest(name: string, known: readonly string[]): string {
  return known.reduce((best, other) => (distance(name, other) < distance(name, best) ? other : best))
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (const letter of a) {
    const next = [row[0]! + 1]
    for (let at = 1; at <= b.length; at += 1) {
      const changed = row[at - 1]! + Number(letter !== b[at - 1])
      next.push(Math.min(changed, row[at]! + 1, next[at - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
