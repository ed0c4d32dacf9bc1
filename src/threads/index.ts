// The library `faultline/threads`: the machine for one's own workers. Inside the project import the file itself.

export { type LockRecord, Records, type Shape } from '../shared-memory/records.ts'
export { SPIN_LOOKS, SPIN_LOOKS_CROWDED, ThreadCpu } from './cpu.ts'
export { allocate, type Memory } from './memory.ts'
