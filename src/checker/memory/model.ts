/**
 * What a CPU, and a compiler, may do to the order of accesses:
 *
 *   sc        nothing: sequential consistency, as JavaScript's Atomics have it. The default.
 *   tso       a store is delayed in a buffer, first in, first out (x86: Sewell and others, CACM 53(7), 2010).
 *   relaxed   stores to different words leave the buffer in any order (SPARC's PSO), and a load may be satisfied before those
 *             that come before it (SPARC V9's RMO, appendix D; of arm64 what can be seen without load buffering).
 *
 * With tso and relaxed a plain load is, besides, one that a C compiler may hoist or repeat.
 */
export const MEMORY_MODELS = ['sc', 'tso', 'relaxed'] as const
export type MemoryModel = (typeof MEMORY_MODELS)[number]
