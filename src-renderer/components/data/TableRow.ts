/**
 * A row of DataTable, or the room of rows that are not in the document. Written by hand: a table of thousands of rows is
 * drawn again with each turn of a wheel, and a cell of a template is some nodes of the document more than its text.
 *
 * A row is drawn again when something that it shows changes, not whenever its table is.
 */
import { Comment, defineComponent, Fragment, h } from 'vue'
import type { PropType, Slots, VNode } from 'vue'
import ForeignText from '@/components/ui/ForeignText.vue'
import { isolated } from '@/foreign-text'
import type { Column } from './columns'

/** What is handed on from slot to slot comes in fragments, one in the other. */
function bare(nodes: readonly VNode[]): readonly VNode[] {
  const [only] = nodes
  if (nodes.length !== 1 || only?.type !== Fragment || !Array.isArray(only.children)) return nodes
  return bare(only.children as VNode[])
}
const isShown = (nodes: readonly VNode[]): boolean =>
  nodes.some((node) => (node.type === Fragment ? isShown(bare([node])) : node.type !== Comment))

const cellClass = ({ isNumber, isCode, isQuiet }: Column): string | undefined =>
  [isNumber === true && 'number', isCode === true && 'code', isQuiet === true && 'quiet'].filter(Boolean).join(' ') ||
  undefined

/** Words that may be elided are whole in a title; a figure is never elided. */
function titleOf(text: string, column: Column): string | undefined {
  if (text === '' || column.isNumber === true || column.hasOwnTitle === true) return undefined
  return column.isForeign === true ? isolated(text) : text
}

export default defineComponent({
  props: {
    /** In pixels, of rows that are not there; what it stands for is left out then. */
    room: { type: Number, default: 0 },
    row: { type: null as unknown as PropType<unknown>, required: true },
    index: { type: Number, default: 0 },
    columns: { type: Array as PropType<readonly Column[]>, required: true },
    /** Cells by the keys of their columns; a column without one shows its text. */
    cells: { type: Object as PropType<Slots>, required: true },
    cell: { type: Function as PropType<((row: never, key: string) => string) | undefined>, default: undefined },
    /** As many columns more, which are empty. */
    rest: { type: Number, default: 0 },
    isNumbered: Boolean,
    isSelected: { type: Boolean as PropType<boolean | undefined>, default: undefined },
    isStop: Boolean
  },
  setup(props) {
    const textOf = (key: string): string => props.cell?.(props.row as never, key) ?? ''

    const cellNode = (column: Column): VNode => {
      const { key } = column
      const nodes = props.cells[key]?.({ row: props.row }) ?? []
      const own = column.hasOwnTitle === true || column.isNumber === true
      const text = own && nodes.length > 0 ? '' : textOf(key)
      const given = { key, class: cellClass(column), title: titleOf(text, column) }
      if (isShown(nodes)) return h('td', given, [...bare(nodes)])
      return column.isForeign === true ? h('td', given, [h(ForeignText, { text })]) : h('td', given, textOf(key))
    }

    return () => {
      const { room, columns, rest, index } = props
      if (room > 0) {
        const empty = h('td', { class: 'spacer-cell', colspan: columns.length + rest, style: { height: `${room}px` } })
        return h('tr', { 'aria-hidden': 'true' }, [empty])
      }
      const cells = columns.map(cellNode)
      if (rest > 0) cells.push(h('td', { key: 'rest', 'aria-hidden': 'true' }))
      const given = {
        'data-index': index,
        // The head is the first.
        'aria-rowindex': props.isNumbered ? index + 2 : undefined,
        'aria-selected': props.isSelected,
        tabindex: props.isStop ? 0 : undefined
      }
      return h('tr', given, cells)
    }
  }
})
