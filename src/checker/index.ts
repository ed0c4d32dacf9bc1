// The library `faultline/checker`: explores a lock or a protocol of one's own. Inside the project import the file itself.
export { type Answer, explore, type ModuleExploration, replay } from './answer.ts'
export { allEnd, type End, type Exploration } from './exploration.ts'
export { Refused } from './refused.ts'
export type { Replay, Step } from './replay.ts'
