/** What a worker is to do, in the order in which it comes; READY: wait for the others. The numbers are those of locks.c. */
export const [READY, WARM, COUNT, TIME, STOP] = [0, 1, 2, 3, 4]
/** Operations in a batch that is timed whole, and how many batches are kept: as in locks.c. */
export const BATCH = 16_384
export const MOST_BATCHES = 4096
/** Where they lie in the words of the control. */
export const PHASE = 0
export const ARRIVED = 32
