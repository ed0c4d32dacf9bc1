import type { Random } from '../../workers/random.ts'

/** The disturbance that a host adds to the logarithms of successive trials. */
export type Noise = {
  readonly name: string
  readonly series: (random: Random, trials: number, spread: number) => number[]
}

const uniform = (random: Random) => (random.next() + 0.5) / 2 ** 32

/** Box and Muller. */
const normal = (random: Random) => Math.sqrt(-2 * Math.log(uniform(random))) * Math.cos(2 * Math.PI * uniform(random))

const times = (count: number, make: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => make(index))

/** Each trial inherits a part of the previous one's deviation; all have the same spread. */
function autocorrelated(correlation: number): Noise['series'] {
  const rest = Math.sqrt(1 - correlation * correlation)
  return (random, trials, spread) => {
    let state = normal(random)
    return times(trials, () => {
      const value = state
      state = correlation * state + rest * normal(random)
      return spread * value
    })
  }
}

/** Student's t with two degrees of freedom has a closed quantile, and no variance. */
const heavy: Noise['series'] = (random, trials, spread) =>
  times(trials, () => {
    const u = uniform(random)
    return (spread * (2 * u - 1)) / Math.sqrt(2 * u * (1 - u))
  })

const SECOND_MODE = Math.log(1.3)
/** So often a trial has the speed of the one before it. */
const STICKY = 0.9

const modes: Noise['series'] = (random, trials, spread) => {
  let isSecond = uniform(random) < 0.5
  return times(trials, () => {
    const value = (isSecond ? SECOND_MODE : 0) + spread * normal(random)
    if (uniform(random) > STICKY) isSecond = !isSecond
    return value
  })
}

const drift: Noise['series'] = (random, trials, spread) =>
  times(trials, (at) => Math.log1p((0.1 * at) / (trials - 1)) + spread * normal(random))

const walk: Noise['series'] = (random, trials) => {
  let state = 0
  return times(trials, () => {
    state += 0.01 * normal(random)
    return state
  })
}

/** The seven that the documentation speaks of. */
export const NOISES: readonly Noise[] = [
  { name: 'independent', series: autocorrelated(0) },
  { name: 'autocorrelation 0.5', series: autocorrelated(0.5) },
  { name: 'autocorrelation 0.9', series: autocorrelated(0.9) },
  { name: "heavy tails, Student's t(2)", series: heavy },
  { name: 'two sticky speeds, 30 % apart', series: modes },
  { name: 'linear drift of 10 %', series: drift },
  { name: 'random walk of 1 % a trial', series: walk },
]
