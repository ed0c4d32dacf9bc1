import type { Sequential } from '../bench/result.ts'

/** `Looked after 6 rounds (alpha 0.0031) and 12 (0.0094): resolved at the last look.` */
export function sequentialText({ alpha, looks }: Sequential): string {
  const stated = looks.map(
    ({ rounds, alpha: own }) => `${rounds} ${rounds === 1 ? 'round' : 'rounds'} (alpha ${Number(own.toPrecision(2))})`,
  )
  const end = looks.at(-1)?.isResolved ? 'resolved at the last of these looks' : 'out of time before it was resolved'
  return `Looked after ${stated.join(', ')}, of ${alpha} in all: ${end}.`
}
