// How long a command takes for inputs of growing size: twice the input may take twice as long, and somewhat more, but not four times.
//   node scripts/sizes.js [--largest 300000]
import { parseArgs } from 'node:util'
import { compare } from '../dist/bench/comparing/compare.js'
import { resultOf, runOf } from '../dist/bench/comparing/testing.contract.js'
import { readEntries } from '../dist/bench/trend/history.js'
import { seriesOf } from '../dist/bench/trend/series.js'
import { Recording } from '../dist/replay/recording.js'
import { compareText } from '../dist/report/compare-text.js'

/** From one size to twice it. Of a quadratic algorithm it is 4. */
const MOST_GROWTH = 3
/** Shorter than this the clock says more of the compiler than of the input. */
const TELLING_MS = 150

const take = (recording, text) => {
  const bytes = Buffer.from(` CPU 0/KVM-1 [000] ..... 1.000000: ${text}`)
  recording.take(bytes, 0, bytes.length)
}

/** By name: makes an input of `size`, and returns what is to be timed. */
export const SIZED = {
  'lock events without an end': (size) => () => {
    const recording = new Recording({ keepStreams: false })
    for (let index = 0; index < size; index += 1)
      take(recording, `contention_begin: 0x${index.toString(16)} (flags=SPIN)`)
    for (let index = 0; index < size; index += 1) take(recording, 'contention_end: 0xfffffffff (ret=0)')
  },
  'runs compared, a hundredth of the size': (size) => {
    const runs = (factor) =>
      Array.from({ length: Math.ceil(size / 100) }, (_, index) =>
        runOf({ faults_per_second: [1, 2, 3, 4, 5, 6].map((value) => value * factor) }, { params: { vcpus: index } }),
      )
    const sources = [1, 1.1].map((factor, index) => ({ name: `${index}`, result: resultOf(runs(factor)) }))
    return () => compareText(compare(sources, { by: 'file', alpha: 0.05, force: true, metrics: [] }), [])
  },
  'lines of a history': (size) => {
    const text = Array.from({ length: size }, (_, index) => JSON.stringify(entry(index))).join('\n')
    return () => seriesOf(readEntries(text, 'h').entries)
  },
}

const entry = (index) => ({
  ...{ schema: 'faultline.history', version: 1, id: `${index}`, createdAt: '2026-01-01T00:00:00.000Z' },
  ...{ git: 'c'.repeat(40), dirty: false, host: { cpu: 'x', cores: 2, node: 'v20' } },
  runs: [
    {
      ...{ scenario: 'precheck', variant: 'v', machine: 'threads', kind: 'measured', params: {}, definition: 'd' },
      metrics: { faults_per_second: { unit: '1/s', better: 'higher', assume: null, n: 5, median: index } },
    },
  ],
})

/** ms for each size: the least of two rounds. */
export function timesOf(name, sizes) {
  return sizes.map((size) => {
    const rounds = [0, 1].map(() => {
      const run = SIZED[name](size)
      const began = performance.now()
      run()
      return performance.now() - began
    })
    return Math.min(...rounds)
  })
}

/** Steps from one size to the next that grew by more than they may. */
export const growths = (times) =>
  times.slice(1).flatMap((ms, index) => (ms > TELLING_MS && ms > MOST_GROWTH * times[index] ? [ms / times[index]] : []))

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { largest: { type: 'string', default: '300000' } } })
  const largest = Number(values.largest)
  const sizes = [8, 4, 2, 1].map((part) => Math.round(largest / part))
  for (const name of Object.keys(SIZED)) {
    const times = timesOf(name, sizes)
    console.log(`${name}: ${times.map((ms, index) => `${sizes[index]} in ${(ms / 1000).toFixed(2)} s`).join(', ')}`)
    for (const growth of growths(times)) {
      console.log(`  more than linear: ${growth.toFixed(1)} times as long for twice as much`)
      process.exitCode = 1
    }
  }
}
