// Separate from the compiler, which a worker does not load.

/** Methods that have been compiled and stand in the place of those in JavaScript. */
const compiled = new WeakSet<object>()

export const markCompiled = (method: object): void => void compiled.add(method)

export const isCompiled = (method: unknown): boolean => typeof method === 'function' && compiled.has(method)
