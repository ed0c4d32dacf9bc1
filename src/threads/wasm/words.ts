import { compareExchange, load, modify, store } from './accesses.ts'
import { encodeModule, type WasmFunction } from './encode.ts'
import { getLocal, READ_MODIFY_WRITE } from './instructions.ts'
import { compileModule, instantiate, pagesOf, type WasmMemory } from './memory.ts'

/** The atomic operations on shared words, of any word. */
export type WordOperations = Readonly<
  Record<'load', (word: number) => number> &
    Record<'store', (word: number, value: number) => void> &
    Record<keyof typeof READ_MODIFY_WRITE, (word: number, value: number) => number> & {
      cas: (word: number, expected: number, value: number) => number
    }
>

const WORD = { local: 0 }
const [FIRST, SECOND] = [getLocal(1), getLocal(2)]

/** A module of them. `wake` is called for a word that was changed while any thread sleeps. */
export function wordOperations(memory: WasmMemory, sleepersWord: number, wake: (word: number) => void): WordOperations {
  const sleepers = { word: sleepersWord, wake: 0 }
  const function_ = (params: number, hasResult: boolean, code: WasmFunction['code'], locals = 0) => ({
    params,
    hasResult,
    locals,
    code,
  })
  const kinds = Object.keys(READ_MODIFY_WRITE) as (keyof typeof READ_MODIFY_WRITE)[]
  const functions: Record<string, WasmFunction> = {
    load: function_(1, true, load(WORD)),
    store: function_(2, false, store(WORD, FIRST, sleepers)),
    ...Object.fromEntries(kinds.map((kind) => [kind, function_(2, true, modify(kind, WORD, FIRST, 2, sleepers), 1)])),
    cas: function_(3, true, compareExchange(WORD, FIRST, SECOND, 3, sleepers), 1),
  }
  const bytes = encodeModule({
    imports: [{ name: 'wake', params: 1, hasResult: false }],
    functions: Object.values(functions),
    exports: Object.keys(functions).map((name, index) => ({ name, index: index + 1 })),
    pages: pagesOf(memory),
  })
  return instantiate(compileModule(bytes), memory, { wake }) as WordOperations
}
