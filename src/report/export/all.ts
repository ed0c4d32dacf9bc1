import { bencher } from './bencher.ts'
import { chromeTrace } from './chrome-trace.ts'
import { csv } from './csv.ts'
import type { Exporter } from './exporter.ts'
import { githubActionBenchmark } from './github-action-benchmark.ts'
import { go } from './go.ts'
import { googleBenchmark } from './google-benchmark.ts'
import { hgrm } from './hgrm.ts'
import { hlog } from './hlog.ts'
import { perfLock, perfLockCsv } from './perf-lock.ts'
import { willItScale } from './will-it-scale.ts'

/** Every format that results leave in. A new one is a file, and a name here. */
export const EXPORTERS: readonly Exporter[] = [
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
]
