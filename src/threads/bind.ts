import { execFile } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

// A virtual CPU may be slower than another one for seconds, because its core also serves a neighbour. Then a trial depends on which
// worker is on it, and the host's scheduler chooses that for each trial again.

/** Which CPU each worker of a run is bound to: worker `id` to CPU `id + turn` of those that the process may use. */
export type Binding = { readonly turn: number; readonly threads: Int32Array<SharedArrayBuffer> }

const LOOK_MS = 2
/** For all the calls of taskset of one command. */
const LONGEST_MS = 2000
const NO_THREAD = -1

/** A worker says which thread it is. Pairs with the look in `bindThreads()`. */
export function tellThread({ threads }: Binding, id: number): void {
  Atomics.store(threads, id, threadOf())
}

/** The number of the calling thread; `NO_THREAD` where there is no Linux. */
function threadOf(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return NO_THREAD
  }
}

/**
 * Binds the workers as soon as all have said which threads they are; returns their CPUs. Undefined where that is not possible (another
 * number of CPUs, no taskset, a sandbox, `hasEnded`): then the host decides where each of them runs.
 */
export async function bindThreads(
  { turn, threads }: Binding,
  hasEnded: () => boolean,
): Promise<readonly number[] | undefined> {
  const allowed = allowedCpus()
  if (allowed.length !== threads.length) return undefined
  while (threads.some((_, id) => Atomics.load(threads, id) === 0)) {
    if (hasEnded()) return undefined
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  if (threads.includes(NO_THREAD)) return undefined
  const cpus = allowed.map((_, id) => allowed[(id + turn) % allowed.length]!)
  if (await tasksets(cpus.map((cpu, id) => taskset(`${cpu}`, threads[id]!)).join(' && '))) return cpus
  // Some may be bound already.
  await tasksets(cpus.map((_, id) => taskset(allowed.join(), threads[id]!)).join('; '))
  return undefined
}

const taskset = (cpus: string, thread: number) => `taskset -pc ${cpus} ${thread} >/dev/null`

/** Whether the shell could do it. */
const tasksets = (command: string): Promise<boolean> =>
  new Promise((resolve) => {
    execFile('sh', ['-c', command], { timeout: LONGEST_MS }, (error) => resolve(error === null))
  })

/** The CPUs that the calling thread may run on; none where that is not known. */
export function allowedCpus(): number[] {
  try {
    return cpusIn(readFileSync('/proc/thread-self/status', 'utf8'))
  } catch {
    return []
  }
}

/** The same from the text of `/proc/PID/status`: `Cpus_allowed_list: 0-2,5`. */
export function cpusIn(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1]
  if (list === undefined) return []
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number) as [number, number?]
    return Array.from({ length: last! - first + 1 }, (_, index) => first + index)
  })
}
