import type { Readable } from 'node:stream'
import { ReplayError } from '../errors/faultline-error.ts'
import { Intake, type Taker } from './intake.ts'
import { assertHoldsKvm } from './not-a-recording.ts'
import { Recording } from './recording.ts'
import { Sorter, type Unsortable } from './sort.ts'
import { openSource, type Source } from './source.ts'
import { chosen, type Vm, type VmChoice, vmsOf } from './vms.ts'

export type ReadOptions = {
  /** Whether the faults themselves are kept, so that the recording can be replayed; a summary does without. */
  readonly keepStreams: boolean
  /** Where a trace comes from whose path is `-`. */
  readonly stdin: () => Readable
  /** Which VM, if the trace has several. */
  readonly choice?: VmChoice
}

/** The recording of one VM; which one is said only of a trace that has several. */
export type VmRecording = { readonly recording: Recording; readonly vm: Vm | undefined }

/** Reads a trace of one VM, or the one of its VMs that was chosen: a file, or standard input for `-`. Throws ReplayError. */
export async function readRecording(path: string, options: ReadOptions): Promise<Recording> {
  const all = await readVms(path, options)
  if (all.length > 1) throw severalVms(path, all)
  return all[0]!.recording
}

/** Reads a trace: a recording for each VM in it, or for the one that was chosen. */
export async function readVms(path: string, options: ReadOptions): Promise<readonly VmRecording[]> {
  const source = await openSource(path, options.stdin)
  try {
    const { recording, isSorted } = await readWhole(source, options.keepStreams)
    const vms = vmsOf(recording)
    const wanted = chosen(vms, options.choice, recording)
    if (vms.length === 1) return [{ recording, vm: undefined }]
    const found: VmRecording[] = []
    for (const vm of wanted) {
      const one = new Recording(options.keepStreams, vm)
      if (isSorted) await readSorted(source, one)
      else await readOnce(source, one)
      found.push({ recording: one, vm })
    }
    return found
  } finally {
    await source.close()
  }
}

/** As it stands if it is in order; else sorted, where that is safe. */
async function readWhole(source: Source, keepStreams: boolean): Promise<{ recording: Recording; isSorted: boolean }> {
  const recording = new Recording(keepStreams)
  const head = await readOnce(source, recording)
  if (recording.clock.firstStep === undefined) {
    assertHoldsKvm(recording, source.name, head)
    return { recording, isSorted: false }
  }
  const sorted = new Recording(keepStreams)
  await readSorted(source, sorted)
  sorted.sortedBecause = recording.clock.firstStep
  assertHoldsKvm(sorted, source.name, head)
  return { recording: sorted, isSorted: true }
}

/** Returns the beginning of the text. */
async function readOnce(source: Source, recording: Recording): Promise<string> {
  const intake = new Intake({
    take: (bytes, start, end) => recording.take(bytes, start, end),
    takeUnended: (bytes, start, end) => recording.takeUnended(bytes, start, end),
    leaveOut: (file) => recording.leaveOut(file),
  })
  await source.read((chunk) => intake.push(chunk))
  intake.end()
  recording.finish()
  return intake.head
}

async function readSorted(source: Source, recording: Recording): Promise<void> {
  const sorter = new Sorter()
  const unended: Buffer[] = []
  const taker: Taker = {
    take: (bytes, start, end) => sorter.take(bytes, start, end),
    takeUnended: (bytes, start, end) => unended.push(Buffer.from(bytes.subarray(start, end))),
    leaveOut: (file) => recording.leaveOut(file),
  }
  try {
    const intake = new Intake(taker)
    await source.read((chunk) => intake.push(chunk))
    intake.end()
    if (sorter.unsortable !== undefined) throw notOneRecording(source.name, sorter.unsortable, sorter.lines)
    sorter.drain((bytes, start, end) => recording.take(bytes, start, end))
    for (const line of unended) recording.takeUnended(line, 0, line.length)
    recording.finish()
  } finally {
    sorter.close()
  }
}

/** Recordings that stand one after the other step back once a CPU; lines without an order at every other. */
const DISORDER = 0.05

function notOneRecording(
  name: string,
  { line, partFrom, byNs, within, times }: Unsortable,
  lines: number,
): ReplayError {
  const seconds = (byNs / 1e9).toLocaleString('en-US', { maximumFractionDigits: 9 })
  return new ReplayError(
    `${name} is not in order: at line ${line} time goes back by ${seconds} s within the events of ${within}, so it is several recordings, or the clock was set`,
    times > lines * DISORDER
      ? `It goes back ${times.toLocaleString('en-US')} times: give the lines in the order in which they were written.`
      : `Read the parts alone: head -n ${partFrom - 1} ${name} | faultline trace -, and tail -n +${partFrom} ${name} | faultline trace -`,
  )
}

function severalVms(path: string, all: readonly VmRecording[]): ReplayError {
  const listed = all.map(({ vm }) => vm!.says).join('; ')
  return new ReplayError(
    `${path} holds ${all.length} VMs, which are not one: choose one. ${listed}`,
    'Give --vm with its number, --pid with one of its threads, or --task with the name of one.',
  )
}
