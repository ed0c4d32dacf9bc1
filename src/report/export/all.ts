import { bencher } from './bencher.ts'
import { chromeTrace } from './chrome-trace.ts'
import { csv } from './csv.ts'
import { distinct } from './escape.ts'
import type { Exporter } from './exporter.ts'
import { githubActionBenchmark } from './github-action-benchmark.ts'
import { go } from './go.ts'
import { googleBenchmark } from './google-benchmark.ts'
import { hgrm } from './hgrm.ts'
import { hlog } from './hlog.ts'
import { junit } from './junit.ts'
import { perfLock, perfLockCsv } from './perf-lock.ts'
import { willItScale } from './will-it-scale.ts'

/** A new format is a file, and a name here. */
const FORMATS: readonly Exporter[] = [
  go,
  githubActionBenchmark,
  bencher,
  hgrm,
  hlog,
  chromeTrace,
  perfLock,
  perfLockCsv,
  csv,
  googleBenchmark,
  willItScale,
  junit,
]

/** Every format that results leave in. No two files of an export have one name: a plan may ask the same twice. */
export const EXPORTERS: readonly Exporter[] = FORMATS.map((format) => ({
  ...format,
  files: (result) => {
    const files = format.files(result)
    const names = distinct(
      files.map(({ name }) => name),
      (name, again) => `${name}-${again}`,
    )
    return files.map(({ text }, index) => ({ name: names[index]!, text }))
  },
}))
