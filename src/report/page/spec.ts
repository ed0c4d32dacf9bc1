/** How a figure was obtained. A series has one kind only. */
type Kind = 'measured' | 'modelled' | 'recorded' | 'checked'

/** `tail`: percentiles, as 1 / (1 - p), so that 90, 99 and 99.9 % are equally far apart. */
export type Axis = {
  readonly label: string
  readonly unit: string
  readonly scale: 'linear' | 'log' | 'tail'
}

export type Series = {
  readonly name: string
  readonly style: 'line' | 'dashed' | 'dots'
  /** x ascending, in the axes' units. */
  readonly points: readonly (readonly [x: number, y: number])[]
  /** The interval around each point. */
  readonly band?: readonly (readonly [low: number, high: number])[]
  /** A series of the same colour that this one belongs to, by its name. */
  readonly of?: string
}

export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }

export type Lines = { readonly type: 'lines'; readonly x: Axis; readonly y: Axis; readonly series: readonly Series[] }

/** Shares of a whole, a bar a row. */
export type Stack = {
  readonly type: 'stack'
  readonly rows: readonly {
    readonly name: string
    readonly parts: readonly { readonly name: string; readonly share: number }[]
  }[]
}

export type Matrix = {
  readonly type: 'matrix'
  readonly columns: readonly string[]
  readonly rows: readonly {
    readonly name: string
    readonly says: string
    readonly cells: readonly {
      readonly text: string
      readonly grade: 'acceptable' | 'interesting' | 'forbidden' | 'absent'
    }[]
  }[]
}

/** The winning variant by two parameters; rows downwards. */
export type Phase = {
  readonly type: 'phase'
  readonly x: string
  readonly y: string
  readonly xs: readonly string[]
  readonly ys: readonly string[]
  readonly variants: readonly string[]
  readonly rows: readonly (readonly PhaseCell[])[]
}

/** There may be thousands. `winner` is an index into the variants, or -1; `frontier` is 1 on the right, 2 below, or both. */
export type PhaseCell = readonly [
  winner: number,
  certainty: 'sure' | 'unsure' | 'same' | 'absent',
  says: string,
  frontier: 0 | 1 | 2 | 3,
]

/** The activity of each CPU over time. Times in ns from the beginning; names are indices into `names`. */
export type Timeline = {
  readonly type: 'timeline'
  readonly lanes: readonly string[]
  readonly names: readonly string[]
  readonly categories: readonly string[]
  /** Marks have the lower part of each lane to themselves: there are so many that they would cover the slices. */
  readonly isApart?: boolean
  /** The category whose slices have others inside them, drawn behind these. */
  readonly outer?: number
  readonly slices: readonly (readonly [lane: number, from: number, length: number, name: number, category: number])[]
  readonly marks: readonly (readonly [lane: number, at: number, name: number, category: number])[]
  /** From a cause to its effect, such as an invalidation and the retry that it made. */
  readonly arrows: readonly (readonly [from: number, at: number, to: number, until: number, name: number])[]
}

/** The steps of a schedule, a column for each CPU, and the words that they changed. */
export type Witness = {
  readonly type: 'witness'
  readonly actors: readonly string[]
  readonly steps: readonly {
    readonly actor: number
    readonly text: string
    readonly words: readonly (readonly [name: string, value: string])[]
  }[]
}

export const NO_TABLE: Table = { columns: [], rows: [] }

/** Figures that are only a table. */
type Rows = { readonly type: 'table' }

/** Prose without a picture. */
type Text = { readonly type: 'text'; readonly lines: readonly string[]; readonly isCode: boolean }

export type Figure = {
  readonly title: string
  readonly kind: Kind
  /** Describes the picture, with its units. */
  readonly caption: string
  /** The command that made it. */
  readonly command: string
  readonly body: Lines | Stack | Matrix | Phase | Timeline | Witness | Rows | Text
  /** Without rows, the body is itself a table, or describes what its table contains. */
  readonly table: Table
}

export type Section = {
  readonly title: string
  /** A summary of the answers in a few words, for the contents. */
  readonly gist: string
  /** What is visible before the reader opens more: everything, only the heading, or that many figures. */
  readonly shows: 'all' | 'heading' | number
  /** The circumstances in a line. */
  readonly about: string
  readonly answers: readonly { readonly verdict: string; readonly text: string }[]
  readonly warnings: readonly string[]
  readonly figures: readonly Figure[]
}

export type Page = {
  readonly title: string
  readonly sections: readonly Section[]
  /** Host, definition, machine: the information that a reader needs to judge the figures. */
  readonly provenance: readonly (readonly [name: string, value: string])[]
}
