import type { Readable } from 'node:stream'
import { ReplayError } from './error.ts'
import { Lines } from './lines.ts'
import { Recording } from './recording.ts'
import { readBytes, spokenName } from './source.ts'

export type ReadOptions = {
  /** Whether the faults themselves are kept, so that the recording can be replayed; a summary does without. */
  readonly keepStreams: boolean
  /** Where a trace comes from whose path is `-`. */
  readonly stdin: () => Readable
}

/** Reads a trace: a file, or standard input for `-`; text, or text that is gzipped. Throws ReplayError. */
export async function readRecording(path: string, { keepStreams, stdin }: ReadOptions): Promise<Recording> {
  const recording = new Recording(keepStreams)
  const lines = new Lines((bytes, start, end) => recording.take(bytes, start, end))
  await readBytes(path, stdin, (chunk) => lines.push(chunk))
  lines.end()
  assertHoldsKvm(recording, spokenName(path))
  return recording
}

const isOfKvm = (event: string) => event.startsWith('kvm_') || event === 'fast_page_fault'

function assertHoldsKvm({ events, lines, notUnderstood }: Recording, name: string): void {
  if (events.some((event) => isOfKvm(event.name))) return
  if (events.length > 0) {
    const total = events.reduce((sum, { count }) => sum + count, 0)
    throw new ReplayError(
      `${name} holds no KVM event: ${total} ${total === 1 ? 'line' : 'lines'} of ${listed(events.map((event) => event.name))}`,
      'Turn on kvm:kvm_unmap_hva_range, kvmmmu:kvm_mmu_set_spte and the others of docs/traces.md, or use scripts/record-kvm-trace.',
    )
  }
  if (notUnderstood === 0) {
    throw new ReplayError(
      `${name} holds the header of a trace and no event`,
      'Was a guest running, and tracing_on 1? See docs/traces.md.',
    )
  }
  throw new ReplayError(
    `${name} is not a trace: none of its ${lines} ${lines === 1 ? 'line' : 'lines'} begins with TASK-PID [CPU] SECONDS: EVENT:`,
    "Give the text of ftrace's `trace` file or of `trace-cmd report`, with a trace_clock that counts seconds.",
  )
}

const NAMED = 4

function listed(names: readonly string[]): string {
  const more = names.length - NAMED
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
