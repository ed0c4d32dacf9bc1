import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { levelsDiffer } from './autocorrelated.ts'
import { detectable } from './detectable.ts'
import { holm } from './holm.ts'
import { mannWhitney, smallestMannWhitney } from './mann-whitney.ts'
import { twoSidedTail } from './normal.ts'
import { beyondDrift, differOverTime } from './over-time.ts'
import { signedRank, smallestSignedRank } from './signed-rank.ts'
import { withoutSpikes } from './spikes.ts'
import { studentTail } from './student.ts'

const near = (value: number, expected: number, by = 1e-6) => assert.ok(Math.abs(value - expected) < by, `${value}`)
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)
const small = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 })

// Hollander and Wolfe (1973), p. 69: permeability of the human chorioamnion at term and at 12 to 26 weeks; R's example.
const TERM = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
const WEEKS = [1.15, 0.88, 0.9, 0.74, 1.21]
// Hollander and Wolfe (1973), p. 29: Hamilton depression scale, first and second visit; R's example.
const FIRST = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
const SECOND = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]

test('Mann-Whitney gives the p of published examples', () => {
  near(mannWhitney(TERM, WEEKS), 0.2544122544)
  // Ages at onset of diabetes, SciPy's example.
  near(mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12]), 0.1111111111)
})

test('Mann-Whitney counts arrangements of ties, and approximates what is too many to count as SciPy does', () => {
  near(mannWhitney([1, 2, 2, 3, 5], [2, 4, 4, 6, 7, 7]), 0.0670995671)
  const shifted = upTo(25).map((value) => value + 4.5)
  near(mannWhitney(upTo(30), shifted), 0.4027596943)
  const times = (values: number[]) => [...values, ...values, ...values, ...values]
  near(mannWhitney(times([1, 1, 2, 2, 3, 3, 4]), times([2, 2, 3, 3, 4, 4, 5])), 0.0019313627)
})

test('the signed-rank test gives the p of published examples', () => {
  near(signedRank(FIRST.map((value, index) => value - SECOND[index]!)), 0.0390625)
  // Darwin's maize plants (Cureton 1967): two differences of 15 are negative.
  near(signedRank([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]), 0.0412597656)
  near(signedRank(upTo(70).map((value) => (value % 3 === 0 ? -value : value))), 0.01540125)
})

test('neither test depends on the order of the samples', () => {
  fc.assert(
    fc.property(small, small, (a, b) => {
      near(mannWhitney(a, b), mannWhitney(b, a), 1e-9)
      near(signedRank(a.map((value) => value - 15)), signedRank(a.map((value) => 15 - value)), 1e-9)
    }),
  )
})

test('neither test claims more than its sample size can, and equal values are no evidence', () => {
  for (const n of [2, 3, 5, 10]) {
    const [low, high] = [upTo(n), upTo(n).map((value) => value + 100)]
    near(mannWhitney(low, high), smallestMannWhitney(n, n), 1e-12)
    near(signedRank(upTo(n)), smallestSignedRank(n), 1e-12)
  }
  assert.equal(mannWhitney([3, 3, 3], [3, 3, 3]), 1)
  assert.equal(signedRank([0, 0, 0]), 1)
  assert.equal(mannWhitney([], [1]), 1)
})

test('the tail of the normal distribution is accurate where tables round to 0', () => {
  near(twoSidedTail(0), 1)
  near(twoSidedTail(1.959963985), 0.05, 1e-7)
  near(twoSidedTail(4.5) / 6.795346249e-6, 1, 1e-6)
})

test('Holm gives the adjusted p of the published procedure, in any order', () => {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  const adjusted = holm([0.01, 0.04, 0.03, 0.005])
  for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries()) near(adjusted[index]!, expected, 1e-12)
  assert.deepEqual(holm([]), [])
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (ps) => {
      for (const [index, p] of holm(ps).entries()) assert.ok(p >= ps[index]! && p <= 1)
    }),
  )
})

test('the detectable change is the threshold of a claim, never within the guard, plus the margin for a power of four fifths', () => {
  const from = (least: number, guard: number, freedom = 1e6) =>
    detectable({ claims: (shift) => shift >= least, error: 0.01, freedom, guard })!
  const more = 0.8416212 * 0.01 * Math.sqrt(Math.PI / 3)
  near(from(0.1, 0), Math.expm1(0.1 + more), 1e-5)
  near(from(0.1, 0.3), Math.expm1(0.3 + more), 1e-5)
  assert.ok(from(0.1, 0, 8) > from(0.1, 0))
  assert.equal(detectable({ claims: () => false, error: 1, freedom: 1, guard: 0 }), null)
})

// R: 2 * pt(-t, df); published tables have the first four as the 5 % and 1 % points.
const STUDENT: readonly (readonly [t: number, freedom: number, p: number])[] = [
  [12.7062047364, 1, 0.05],
  [2.228138852, 10, 0.05],
  [3.1692726726, 10, 0.01],
  [2.0452296421, 29, 0.05],
  [1, 1, 0.5],
  [2, 2, 0.18350341907227397],
  [0, 5, 1],
]

test("the tail of Student's t is that of its tables, and of its closed forms far out", () => {
  for (const [t, freedom, p] of STUDENT) near(studentTail(t, freedom), p, 1e-10)
  // With one and with two degrees of freedom the tail has a closed form.
  for (const t of [0.1, 1.7, 30, 1e4]) {
    near(studentTail(t, 1) / (1 - (2 / Math.PI) * Math.atan(t)), 1, 1e-6)
    near(studentTail(-t, 2) / (1 - t / Math.sqrt(2 + t * t)), 1, 1e-6)
  }
  assert.equal(studentTail(Number.POSITIVE_INFINITY, 3), 0)
})

/** Generalised least squares as it is defined, with matrices, for one correlation. */
function byMatrices(a: readonly number[], b: readonly number[], correlation: number) {
  const rows = [a, b].flatMap((values, side) =>
    values.map((value, at) => {
      const scale = at === 0 ? Math.sqrt(1 - correlation ** 2) : 1 - correlation
      const y = at === 0 ? scale * value : value - correlation * values[at - 1]!
      return { y, x: side === 0 ? [scale, 0] : [scale, scale] }
    }),
  )
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0)
  const [aa, ab, bb] = [sum(({ x }) => x[0]! ** 2), sum(({ x }) => x[0]! * x[1]!), sum(({ x }) => x[1]! ** 2)]
  const [ay, by] = [sum(({ x, y }) => x[0]! * y), sum(({ x, y }) => x[1]! * y)]
  const determinant = aa * bb - ab * ab
  const [level, step] = [(bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant]
  const rest = sum(({ x, y }) => (y - level * x[0]! - step * x[1]!) ** 2)
  const freedom = rows.length - 2
  const t = step / Math.sqrt(((rest / freedom) * aa) / determinant)
  const weight = (1 - correlation) * (1 - correlation ** 2) * determinant ** -0.5 * rest ** (-freedom / 2)
  return { weight, p: studentTail(t, freedom) }
}

const trials = fc.array(
  fc.integer({ min: -1000, max: 1000 }).map((value) => value / 1000),
  { minLength: 4, maxLength: 10 },
)

test('levels that may be autocorrelated are compared as generalised least squares define it', () => {
  fc.assert(
    fc.property(trials, trials, (a, b) => {
      fc.pre(new Set(a).size > 2 && new Set(b).size > 2)
      const fits = Array.from({ length: 20 }, (_, step) => byMatrices(a, b, step / 20))
      const whole = fits.reduce((sum, { weight }) => sum + weight, 0)
      const p = fits.reduce((sum, fit) => sum + (fit.weight / whole) * fit.p, 0)
      fc.pre(Number.isFinite(p))
      near(levelsDiffer(a, b).p, p, 1e-6)
    }),
  )
})

test('autocorrelated values are weaker evidence than independent ones of the same spread', () => {
  const [low, high] = [0, 0.05].map((level) => upTo(12).map((at) => level + 0.01 * Math.sin(at / 2)))
  const mixed = (values: readonly number[]) => values.map((_, at) => values[(at * 5) % values.length]!)
  assert.ok(levelsDiffer(low!, high!).p > 4 * levelsDiffer(mixed(low!), mixed(high!)).p)
  assert.ok(levelsDiffer(low!, high!).correlation > 0.5)
})

test('a change over time does not depend on the unit, on the offset, or on which part is called the first', () => {
  fc.assert(
    fc.property(trials, trials, fc.double({ min: 0.1, max: 100, noNaN: true }), (a, b, factor) => {
      const scaled = (values: number[]) => values.map((value) => value * factor)
      near(levelsDiffer(scaled(a), scaled(b)).p, levelsDiffer(a, b).p, 1e-6)
      near(levelsDiffer(b, a).p, levelsDiffer(a, b).p, 1e-9)
      near(beyondDrift(b.toReversed(), a.toReversed()), beyondDrift(a, b), 1e-6)
    }),
  )
})

test('a step is told apart from a drift', () => {
  const noise = [0.3, -0.2, 0.1, -0.4, 0.2, 0.4, -0.3, 0.1, -0.1, -0.1]
  const line = (from: number) => noise.map((value, at) => from + at + value)
  assert.ok(beyondDrift(line(0), line(10)) > 0.3)
  assert.ok(beyondDrift(line(0), line(15)) < 1e-6)
  // Least squares of time and side with rational numbers; t = 2.7386 with 5 degrees of freedom, whose tail has a closed form.
  near(beyondDrift([0, 0, 1, 0], [3, 2, 3, 3]), 0.04085940385929576, 1e-9)
})

test('a level that changes within a part is a jump, and no step is claimed between the parts then', () => {
  const noise = [0.3, -0.2, 0.1, -0.4, 0.2, 0.4, -0.3, 0.1, -0.1, -0.1]
  const jumping = noise.map((value, at) => value + (at < 3 ? 0 : 10))
  const found = differOverTime(noise, jumping)
  assert.deepEqual([found.p, found.isJumpy], [1, true])
  assert.equal(
    differOverTime(
      noise,
      noise.map((value) => value + 10),
    ).isJumpy,
    false,
  )
  assert.ok(
    differOverTime(
      noise,
      noise.map((value) => value + 10),
    ).p < 1e-4,
  )
})

test('one stalled trial is winsorised; two neighbouring ones, or one at an end, are not', () => {
  const quiet = [1, 2, 1, 2, 1, 2, 1, 2]
  const at = (...places: number[]) => withoutSpikes(quiet.map((value, index) => (places.includes(index) ? 90 : value)))
  assert.ok(Math.max(...at(3)) < 10)
  assert.equal(Math.max(...at(3, 4)), 90)
  assert.equal(Math.max(...at(7)), 90)
  assert.deepEqual(withoutSpikes(quiet), quiet)
})
