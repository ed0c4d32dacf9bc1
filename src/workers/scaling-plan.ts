/** The operation of a CPU, as data that can be sent to a worker. */
export type ScalingPlan = {
  readonly operation:
    | 'fault'
    | 'fast'
    | 'split'
    | 'nx-split'
    | 'zap'
    | 'unmap'
    | 'protect'
    | 'section'
    | 'dirty'
    | 'pml'
    | 'uffd'
  readonly lock: 'write' | 'read' | 'none' | 'spin'
  /**
   * After it: none; of this CPU alone; `flushUnits` TLBIs and their DSB; both twice, as break-before-make does; INVLPGB and TLBSYNC; requests
   * to all vCPUs.
   */
  readonly flush: 'none' | 'local' | 'tlbi' | 'broadcast' | 'invlpgb' | 'remote'
  readonly flushUnits: number
  /** Lines that all CPUs change before and after, as readers of mmap_lock do. */
  readonly hotLines: number
  /** Pages of 4 KiB that are cleared, or cleaned from the D-cache, and whether the lock is held meanwhile. */
  readonly clear: 'none' | 'inside' | 'outside'
  readonly clean: 'none' | 'inside' | 'outside'
  readonly pages: number
  /** One operation in this many is timed; 0: none. */
  readonly sampleEvery: number
  /** CPUs that do the same. */
  readonly scalers: number
  /** When it begins. Threads of a harness do not begin together, and a FIFO lock keeps the order of their first arrival. */
  readonly startNs: number
  /** Blocks of 2 MiB that are each CPU's own. */
  readonly blocks: number
}

/** Words of the VM in which scalers meet, 16 to a line: the lines that all change, then those of the userfaults, then one for each CPU. */
const LINE = 16
const HOT_LINES = 16
export const RING = 512
const RING_LINES = RING / LINE
const QUEUE_LINES = 3

export const WORDS = {
  hot: (line: number) => line * LINE,
  queue: (line: number) => (HOT_LINES + line) * LINE,
  ring: (at: number) => (HOT_LINES + QUEUE_LINES) * LINE + (at % RING),
  mail: (cpu: number) => (HOT_LINES + QUEUE_LINES + RING_LINES + cpu) * LINE,
}

/** How many such words a run with so many CPUs needs. */
export const meetingWords = (cpus: number): number => WORDS.mail(cpus)
