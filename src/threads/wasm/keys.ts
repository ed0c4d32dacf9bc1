import type { Source } from './source.ts'
import type { Value } from './values.ts'

/** Names what is compiled: a function, its object, and what is known of its arguments. */
export class Keys {
  readonly #identities = new Map<unknown, number>()

  of(source: Source, self: unknown, args: readonly Value[]): string {
    return [this.#identityOf(source), this.#identityOf(self), ...args.map((arg) => this.#textOf(arg))].join()
  }

  #textOf(value: Value): string {
    if (value.kind === 'fraction') return 'fraction'
    if (value.kind !== 'known') return value.kind === 'computed' && value.isBoolean ? 'boolean' : 'number'
    return `#${this.#identityOf(value.value)}`
  }

  #identityOf(value: unknown): number {
    const identity = this.#identities.get(value) ?? this.#identities.size
    this.#identities.set(value, identity)
    return identity
  }
}
