import type { Readable } from 'node:stream'
import { ReplayError } from '../errors/faultline-error.ts'
import { Intake, type Taker } from './intake.ts'
import { assertHoldsKvm, assertIsWhole } from './not-a-recording.ts'
import type { Probed } from './probes.ts'
import { Recording, type RecordingOptions } from './recording.ts'
import { assertIsOne, notOneRecording } from './several.ts'
import { Sorter } from './sort.ts'
import { openSource, type Source } from './source.ts'
import { separatedByMemory } from './vm-memory.ts'
import { chosen, type Vm, type VmChoice, type VmRecording, vmsOf } from './vms.ts'

export type ReadOptions = {
  /** Whether single faults are kept, for a replay; a summary does not need them. */
  readonly keepStreams: boolean
  /** The source of a trace whose path is `-`. */
  readonly stdin: () => Readable
  /** The selected VM, if the trace has several. */
  readonly choice?: VmChoice
  /** Ticks a second, if the trace's clock counts ticks. */
  readonly tickRate?: number
}

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
    const reader = new SourceReader(source, options)
    const { recording, isSorted } = await reader.whole()
    const vms = vmsOf(recording)
    const wanted = chosen(vms, options.choice, recording)
    if (vms.length === 1) return [{ recording, vm: undefined }]
    const isShared = vms.some(({ doubt }) => doubt !== undefined)
    const found = await reader.ofEach(isShared ? vms : wanted, recording, isSorted)
    const isWanted = (vm: Vm | undefined) => wanted.some(({ number }) => number === vm?.number)
    const apart = separatedByMemory(found)?.filter(isWanted)
    return apart === undefined
      ? found.filter(({ vm }) => isWanted(vm))
      : await reader.ofEach(apart, recording, isSorted)
  } finally {
    await source.close()
  }
}

/** The findings of an earlier reading. */
type Shown = { readonly devices?: ReadonlySet<number> | undefined; readonly probed?: Probed | undefined }
type Whole = { readonly recording: Recording; readonly isSorted: boolean }

class SourceReader {
  readonly #source: Source
  readonly #options: RecordingOptions

  constructor(source: Source, { keepStreams, tickRate }: ReadOptions) {
    this.#source = source
    this.#options = { keepStreams, ...(tickRate === undefined ? {} : { tickNs: 1e9 / tickRate }) }
  }

  /**
   * Reads the file as it is if it is in order; otherwise sorted, where that is safe. Reads it again if it has shown which
   * gfns belong to devices, or that probes replace missing tracepoints.
   */
  async whole(): Promise<Whole> {
    const whole = await this.#wholeWith({})
    const { sptes, devices: found, probes, invalidations } = whole.recording
    const hasFaults = whole.recording.tasks.all.some(({ faults }) => faults > 0)
    const probed = probes.told(hasFaults, invalidations.length > 0)
    const devices = sptes === 0 && found.likely.size > 0 ? found.likely : undefined
    return probed === undefined && devices === undefined ? whole : this.#wholeWith({ devices, probed })
  }

  /** A recording for each of these VMs, in one more reading of the source. */
  async ofEach(
    vms: readonly Vm[],
    { knownDevices: devices, probed }: Recording,
    isSorted: boolean,
  ): Promise<VmRecording[]> {
    const found = vms.map((vm) => ({ recording: new Recording({ ...this.#options, only: vm, devices, probed }), vm }))
    const recordings = found.map(({ recording }) => recording)
    if (isSorted) await this.#sorted(recordings)
    else await this.#once(recordings)
    return found
  }

  async #wholeWith({ devices = new Set(), probed }: Shown): Promise<Whole> {
    const { name } = this.#source
    const options = { ...this.#options, devices, probed }
    const recording = new Recording(options)
    const head = await this.#once([recording])
    assertIsWhole(name, head)
    if (recording.clock.firstStep === undefined) {
      assertHoldsKvm(recording, name, head)
      assertIsOne(recording, name)
      return { recording, isSorted: false }
    }
    const sorted = new Recording(options)
    await this.#sorted([sorted])
    sorted.sortedBecause = recording.clock.firstStep
    assertHoldsKvm(sorted, name, head)
    return { recording: sorted, isSorted: true }
  }

  /** Returns the beginning of the text. */
  async #once(recordings: readonly Recording[]): Promise<string> {
    const intake = new Intake(toEach(recordings))
    await this.#source.read((chunk) => intake.push(chunk))
    intake.end()
    for (const recording of recordings) recording.finish()
    return intake.head
  }

  async #sorted(recordings: readonly Recording[]): Promise<void> {
    const { name } = this.#source
    const sorter = new Sorter(this.#options.tickNs)
    const unended: Buffer[] = []
    const each = toEach(recordings)
    const taker: Taker = {
      ...each,
      take: (bytes, start, end) => sorter.take(bytes, start, end),
      takeUnended: (bytes, start, end) => unended.push(Buffer.from(bytes.subarray(start, end))),
    }
    try {
      const intake = new Intake(taker)
      await this.#source.read((chunk) => intake.push(chunk))
      intake.end()
      if (sorter.unsortable !== undefined) throw notOneRecording(name, sorter.unsortable, sorter)
      sorter.drain(each.take)
      for (const line of unended) each.takeUnended(line, 0, line.length)
      for (const recording of recordings) recording.finish()
    } finally {
      sorter.close()
    }
  }
}

/** Feeds several recordings in one pass; each takes the events of its VM. */
function toEach(recordings: readonly Recording[]): Taker {
  const [only] = recordings
  if (recordings.length === 1 && only !== undefined) {
    return {
      take: (bytes, start, end) => only.take(bytes, start, end),
      takeUnended: (bytes, start, end) => only.takeUnended(bytes, start, end),
      leaveOut: (file) => only.leaveOut(file),
    }
  }
  return {
    take: (bytes, start, end) => {
      for (const recording of recordings) recording.take(bytes, start, end)
    },
    takeUnended: (bytes, start, end) => {
      for (const recording of recordings) recording.takeUnended(bytes, start, end)
    },
    leaveOut: (file) => {
      for (const recording of recordings) recording.leaveOut(file)
    },
  }
}

function severalVms(path: string, all: readonly VmRecording[]): ReplayError {
  const listed = all.map(({ vm }) => vm!.says).join('; ')
  return new ReplayError(
    `${path} holds ${all.length} VMs: choose one. ${listed}`,
    'Give --vm with its number, --pid with one of its threads, or --task with the name of one.',
  )
}
