// The library `faultline/checker`: explores a user's lock or protocol. Inside the project import the file itself.
export { type Answer, explore, type ModuleExploration, replay } from './answer.ts'
export { allEnd, type End, type Exploration } from './exploration.ts'
export { Refused } from './refused.ts'
export type { Replay, Step } from './replay.ts'
