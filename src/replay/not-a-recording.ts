import { ReplayError } from '../errors/faultline-error.ts'
import { INCOMPLETE, KNOWN, type KnownText, LIKELY } from './known-texts.ts'
import { processIn } from './processes.ts'
import type { Recording } from './recording.ts'
import { isPartialDiff } from './sign.ts'
import { TOOLS } from './tool-texts.ts'

const CUT_LINES = 8
const CUT_SHARE = 0.3

/** A word on the first lines that were not understood. */
function firstLinesOf({ firstLines }: Recording): string {
  const quoted = firstLines.slice(0, 3).map(({ number, text }) => `${number}: ${JSON.stringify(text)}`)
  return quoted.length === 0 ? '' : `. The first lines that are not understood: ${quoted.join('; ')}`
}

/** The column at which lines were truncated, as `less -S` and terminals do: no line is longer, and many are exactly as long. */
function columnOfCut(head: string): number | undefined {
  const lengths = head
    .split('\n')
    .slice(0, -1)
    .map((line) => line.length)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  const count = lengths.filter((length) => length === longest).length
  return count >= CUT_LINES && count > lengths.length * CUT_SHARE ? longest : undefined
}

function cutSays(head: string): string {
  const column = columnOfCut(head)
  return column === undefined
    ? ''
    : `. No line is longer than ${column} characters and many have exactly that length: they were truncated`
}

const isOfKvm = (event: string) => /^kvm\w*$|^fast_page_fault$|mmio/.test(event)

/** Throws ReplayError unless the text is a recording of KVM that can be relied on. `head` is its beginning. */
export function assertHoldsKvm(recording: Recording, name: string, head: string): void {
  const { events, lines, notUnderstood } = recording
  const total = events.reduce((sum, { count }) => sum + count, 0) - sumOf(recording.unread)
  const isKvms = events.some((event) => isOfKvm(event.name)) || recording.probes.told(false, false) !== undefined
  if (!isKvms || notUnderstood > total) rejectKnown(recording, name, head)
  if (total > 0 && recording.clock.ticking > total / 2) throw ticks(name)
  if (notUnderstood > total && total > 0) throw mostlyUnknown(recording, name, total, head)
  const misread = misreadEvent(recording)
  if (misread !== undefined) throw cutColumns(recording, name, misread, head)
  if (events.length === 0 && recording.leftOut.size > 0) throw onlyGuests(recording, name)
  if (events.length === 0) rejectKnown(recording, name, head, [...TOOLS, ...LIKELY])
  if (events.length === 0) throw notUnderstood === 0 ? noEvents(name) : noRecording(recording, name, head)
  if (!isKvms) throw noKvm(recording, name, total)
  const process = processIn(head)
  if (process !== undefined) throw onlyProcesses(name, process)
  if (hasOnlyVirtual(recording)) throw virtual(recording, name)
  if (isDoubled(recording, total)) throw doubled(recording, name, total)
  if (lines === 0) throw noEvents(name)
}

function rejectKnown(
  recording: Recording,
  name: string,
  head: string,
  known: readonly KnownText[] = [...KNOWN, ...INCOMPLETE],
): void {
  const found = known.find(({ shape }) => shape.test(head))
  if (found === undefined) return
  const hint = typeof found.hint === 'string' ? found.hint : found.hint(head)
  const isNearly = INCOMPLETE.includes(found)
  throw new ReplayError(`${name} is ${found.is}${isNearly ? firstLinesOf(recording) : ''}`, hint)
}

function mostlyUnknown(recording: Recording, name: string, total: number, head: string): ReplayError {
  const { notUnderstood } = recording
  return new ReplayError(
    `${name} has ${notUnderstood.toLocaleString('en-US')} lines that are not understood, and only ${total.toLocaleString('en-US')} events${firstLinesOf(recording)}${cutSays(head)}`,
    "The nearest format is ftrace's: TASK-PID [CPU] FLAGS SECONDS: EVENT: TEXT. Were lines wrapped or columns cut? Give the file as it was written.",
  )
}

const sumOf = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0)

/** An event of which most lines are not understood: its figures would be wrong, not missing. */
function misreadEvent({ events, unread }: Recording): string | undefined {
  return events.find(({ name, count }) => (unread.get(name) ?? 0) > count / 2)?.name
}

const cutColumns = (recording: Recording, name: string, event: string, head: string) =>
  new ReplayError(
    `${name} has ${recording.unread.get(event)} lines of ${event} whose text is not understood${firstLinesOf(recording)}${cutSays(head)}`,
    "Were the lines cut at a column, or is the event a kernel's of your own? Give the file as it was written; without this event: grep -v.",
  )

/** Throws ReplayError if the text consists of parts of recordings: their counts and their order would be meaningless. */
export function assertIsWhole(name: string, head: string): void {
  if (!isPartialDiff(head)) return
  throw new ReplayError(
    `${name} is a diff of recordings: it has what differs between them, and not all events of either`,
    'Give one of them whole: git show REVISION:FILE | faultline trace -.',
  )
}

const onlyProcesses = (name: string, { pid, names }: { readonly pid: string; readonly names: readonly string[] }) =>
  new ReplayError(
    `${name} gives processes instead of threads: ${pid} is ${names.slice(0, 3).join(', ')} in turn, so vCPUs cannot be distinguished`,
    'Print threads (tid): perf script -F comm,pid,tid,cpu,time,event,trace.',
  )

const ticks = (name: string) =>
  new ReplayError(
    `${name} was recorded with a clock that counts ticks (x86-tsc, counter, uptime or the like), and it does not contain their rate`,
    'Say it: --tick-rate 2.1e9 for a TSC of 2.1 GHz (dmesg: tsc: Detected 2100 MHz), --tick-rate 100 for uptime. Or record it with a clock that counts seconds: echo mono > trace_clock; trace-cmd record -C mono.',
  )

const onlyGuests = ({ leftOut }: Recording, name: string) =>
  new ReplayError(
    `${name} has only events that guests recorded (${[...leftOut.keys()].slice(0, NAMED).join(', ')}), and no event of the host, whose KVM serves them`,
    "Record the host: scripts/record-kvm-trace --help. With trace-cmd report or perf script, give the host's file too.",
  )

const noEvents = (name: string) =>
  new ReplayError(
    `${name} holds the header of a trace and no event`,
    'Was a guest running, and tracing_on 1? See docs/traces.md.',
  )

const noRecording = (recording: Recording, name: string, head: string) =>
  new ReplayError(
    `${name} is not a trace: none of its ${recording.lines} ${recording.lines === 1 ? 'line' : 'lines'} begins with TASK-PID [CPU] SECONDS: EVENT:${firstLinesOf(recording)}${cutSays(head)}`,
    "Give the text of ftrace's `trace` file, of `trace-cmd report` or of `perf script`, with a trace_clock that counts seconds.",
  )

const noKvm = ({ events }: Recording, name: string, total: number) =>
  new ReplayError(
    `${name} holds no KVM event: ${total} ${total === 1 ? 'line' : 'lines'} of ${listed(events.map((event) => event.name))}`,
    'Turn on kvm:kvm_unmap_hva_range, kvmmmu:kvm_mmu_set_spte and the others of docs/traces.md, or use scripts/record-kvm-trace.',
  )

/** With a clock of long steps the same may happen twice at one time. */
const FINE_STEP_NS = 1e5
const DOUBLED_SHARE = 0.2
const DOUBLED_LINES = 8

const isDoubled = ({ repeats, clock }: Recording, total: number) =>
  clock.stepNs < FINE_STEP_NS && repeats.count >= DOUBLED_LINES && repeats.count > total * DOUBLED_SHARE

const doubled = ({ repeats }: Recording, name: string, total: number) =>
  new ReplayError(
    `${name} has events twice: ${repeats.count.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} lines repeat the one before, time and all, as perf prints an event that was named twice (-e kvm:* -e kvm:kvm_page_fault), and trace-cmd one that two of its buffers have`,
    `Count each once: awk '!seen[$0]++' ${name} | faultline trace -`,
  )

/** Under shadow paging kvm_page_fault alone says nothing of gfns. */
function hasOnlyVirtual({ tasks, kernelAddresses }: Recording): boolean {
  const known = tasks.all.some(
    (task) => task.pageFaults.count + task.guestFaults.count + task.installs.count + task.tdpInstalls.count > 0,
  )
  return kernelAddresses > 0 && !known
}

const virtual = ({ kernelAddresses, tasks }: Recording, name: string) =>
  new ReplayError(
    `${name} gives only the guest's virtual addresses: ${tasks.all.reduce((sum, task) => sum + task.virtualFaults, 0)} kvm_page_fault, ${kernelAddresses} of them beyond all physical memory, so it was recorded under shadow paging and no gfn is known`,
    'Record kvmmmu:kvm_mmu_set_spte too: it gives the gfn of each page that is mapped.',
  )

const NAMED = 4

function listed(names: readonly string[]): string {
  const more = names.length - NAMED
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
