import type { BenchOptions, Watcher } from './bench-options.ts'
import { measuredHeader, modelledHeader } from './header.ts'
import { Playing } from './playing.ts'
import type { Result } from './result.ts'

/** Runs a plan. Rejects never for what happens in a run: that is in the result, as the run's error. */
export async function bench(options: BenchOptions, watcher: Watcher): Promise<Result> {
  const playing = new Playing(options, watcher)
  if (playing.isMeasured) watcher.progress(0, playing.total, 'calibrating')
  return await playing.run(playing.isMeasured ? await measuredHeader(options) : modelledHeader(options))
}
