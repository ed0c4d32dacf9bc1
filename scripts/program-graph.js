// The modules of `dist` that the program may load, and which of them need which.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { linksOf } from './program-module.js'

export class Graph {
  #dist
  #alone
  /** By name: what a module needs now and later, what it imports from outside, and its text. In the order of evaluation. */
  #modules = new Map()

  constructor(dist, alone, entries) {
    this.#dist = dist
    this.#alone = new Set()
    for (const name of alone) this.#standsAlone(name)
    for (const name of entries) this.#add(name)
  }

  /** Each after those that it needs. */
  get names() {
    return [...this.#modules.keys()]
  }

  moduleOf(name) {
    return this.#modules.get(name)
  }

  /** The names of all that a module exports. */
  exportedBy(name) {
    const { exported, stars } = this.moduleOf(name)
    return [...new Set([...exported, ...stars.flatMap((star) => this.exportedBy(this.find(name, star).name))])]
  }

  /** A module of ours, or what an import says from where the files lie. */
  find(from, specifier) {
    if (!specifier.startsWith('.')) return { outside: specifier }
    const name = join(dirname(from), specifier)
    return this.#alone.has(name) ? { outside: `../${name}` } : { name }
  }

  /** The file of each module. `files`: by name, which modules a file is there for. */
  shareOut(files) {
    const fileOf = new Map()
    const take = (name, file) => {
      if (fileOf.has(name)) return
      for (const other of this.moduleOf(name).now) take(other, file)
      fileOf.set(name, file)
    }
    for (const [file, isWanted] of files) for (const name of this.names.filter(isWanted)) take(name, `${file}.js`)
    const wanted = this.names.flatMap((name) => this.moduleOf(name).later)
    for (const name of [...new Set([...wanted, ...this.names])])
      take(name, `${name.replace(/\.js$/, '').replaceAll('/', '-')}.js`)
    return fileOf
  }

  #standsAlone(name) {
    if (this.#alone.has(name)) return
    this.#alone.add(name)
    for (const specifier of linksOf(this.#read(name)).now)
      if (specifier.startsWith('.')) this.#standsAlone(join(dirname(name), specifier))
  }

  #add(name, within = []) {
    if (this.#modules.has(name) || this.#alone.has(name)) return
    if (within.includes(name)) throw new Error(`modules need each other: ${[...within, name].join(', ')}`)
    const text = this.#read(name)
    const links = linksOf(text)
    const { now, later, exported, stars, waits } = links
    const found = now.map((specifier) => this.find(name, specifier))
    const laterOnes = later.map((specifier) => this.find(name, specifier)).flatMap((one) => one.name ?? [])
    for (const one of found) if (one.name !== undefined) this.#add(one.name, [...within, name])
    this.#modules.set(name, {
      ...{ links, exported, stars, waits, later: laterOnes },
      now: found.flatMap((one) => one.name ?? []),
      outside: found.flatMap((one) => one.outside ?? []),
    })
    for (const other of laterOnes) this.#add(other)
  }

  #read(name) {
    return readFileSync(join(this.#dist, name), 'utf8')
  }
}
