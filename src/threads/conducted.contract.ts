// For tests: a run of two workers as the conductor sees it, without any, which is over as soon as it may be.
import type { RunContext } from './conductor.ts'
import { Control } from './control.ts'
import { Status } from './status.ts'

export const contextOf = (own: Partial<RunContext>): RunContext => ({
  control: new Control(),
  status: Status.forCpus(2),
  cpus: 2,
  warmupMs: 1,
  durationMs: 1,
  isRecording: false,
  hasLeader: false,
  stallMs: 100,
  signal: undefined,
  clearMemory: () => {},
  nameOf: (cpu) => `vcpu ${cpu}`,
  describe: () => '',
  deadlock: () => undefined,
  bound: Promise.resolve(),
  hasEnded: () => false,
  ...own,
})
