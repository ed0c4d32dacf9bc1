/** Gunther's universal scalability law: X(n) = throughput * n / (1 + contention (n - 1) + coherency n (n - 1)). */
export type Scalability = {
  /** The throughput at a load of one. */
  readonly throughput: number
  readonly contention: number
  readonly coherency: number
  /** The number of workers at the highest throughput; null if it only grows. */
  readonly peak: number | null
  /** Root mean square of the relative error of the fit. */
  readonly error: number
}

type Point = { readonly n: number; readonly x: number }

/** Relative: a law that misses the points by more does not describe them. */
export const WORST_FIT = 0.25

/** Fewer points than this say nothing about three parameters. */
const FEWEST = 4

/**
 * Least squares of n / X(n), which is linear in the parameters, each point weighted so that its relative error counts. A
 * parameter that would be negative is left out.
 */
export function fitScalability(points: readonly Point[]): Scalability | undefined {
  const usable = points.filter(({ n, x }) => n > 0 && x > 0)
  if (usable.length < FEWEST) return undefined
  const bases: ((n: number) => number)[] = [() => 1, (n) => n - 1, (n) => n * (n - 1)]
  for (const kept of [[0, 1, 2], [0, 1], [0, 2], [0]]) {
    const solution = leastSquares(
      usable,
      kept.map((index) => bases[index]!),
    )
    if (solution === undefined || solution.some((value) => value < 0) || solution[0] === 0) continue
    const at = (index: number) => (kept.includes(index) ? solution[kept.indexOf(index)]! : 0)
    return scalability(at(0), at(1) / at(0), at(2) / at(0), usable)
  }
  return undefined
}

function scalability(inverse: number, contention: number, coherency: number, points: readonly Point[]): Scalability {
  const model = (n: number) => n / (inverse * (1 + contention * (n - 1) + coherency * n * (n - 1)))
  const squares = points.reduce((sum, { n, x }) => sum + (model(n) / x - 1) ** 2, 0)
  const peak = coherency > 0 && contention < 1 ? Math.sqrt((1 - contention) / coherency) : null
  return { throughput: 1 / inverse, contention, coherency, peak, error: Math.sqrt(squares / points.length) }
}

/** The normal equations, solved by elimination. */
function leastSquares(points: readonly Point[], bases: readonly ((n: number) => number)[]): number[] | undefined {
  const rows = bases.map((row) => [
    ...bases.map((column) => points.reduce((sum, { n, x }) => sum + row(n) * column(n) * (x / n) ** 2, 0)),
    points.reduce((sum, { n, x }) => sum + row(n) * (n / x) * (x / n) ** 2, 0),
  ])
  for (const [pivot, row] of rows.entries()) {
    if (Math.abs(row[pivot]!) < 1e-30) return undefined
    for (const [other, target] of rows.entries()) {
      if (other === pivot) continue
      const factor = target[pivot]! / row[pivot]!
      for (let column = pivot; column < target.length; column += 1) target[column]! -= factor * row[column]!
    }
  }
  return rows.map((row, index) => row.at(-1)! / row[index]!)
}
