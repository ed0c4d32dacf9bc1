import { setFlagsFromString } from 'node:v8'
import { HOST, PAGE_BYTES } from './encode.ts'

/** A `WebAssembly.Memory` that threads share. It goes through `postMessage`. */
export type WasmMemory = { readonly buffer: SharedArrayBuffer }

/** A module that has been compiled to machine code. It goes through `postMessage`. */
export type WasmModule = { readonly [Symbol.toStringTag]: 'WebAssembly.Module' }

type HostFunctions = Readonly<Record<string, (...args: number[]) => unknown>>

/** The part of the global `WebAssembly` that is used here. */
type WebAssemblyGlobal = {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object }
}
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal }

/** Zeroed memory for this many words. */
export function wasmMemoryOf(words: number): WasmMemory {
  const pages = Math.ceil((words * 4) / PAGE_BYTES)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}

export const pagesOf = (memory: WasmMemory): number => memory.buffer.byteLength / PAGE_BYTES

/**
 * V8 reads the hints which branches are unlikely (see encode.ts) by default since its version 14, the first with this function; older
 * ones are asked to by a flag, which newer ones may not have.
 */
const ASKS_FOR_HINTS = !('fromBase64' in Uint8Array)

export function compileModule(bytes: Uint8Array): WasmModule {
  if (ASKS_FOR_HINTS) setFlagsFromString('--experimental-wasm-branch-hinting')
  return new WebAssembly.Module(bytes)
}

/** The exports of a module that works on the memory. */
export function instantiate(module: WasmModule, memory: WasmMemory, host: HostFunctions): object {
  return new WebAssembly.Instance(module, { [HOST]: { ...host, memory } }).exports
}
