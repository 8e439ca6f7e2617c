/** How each kind of node looks. */
import type { NodeDef } from '../../compile/graph.ts';

/** Outlines, told apart without colour. */
export type Outline = 'box' | 'soft' | 'pill' | 'cut' | 'hexagon' | 'note' | 'double' | 'stack';

export interface Look {
  /** What stands above the name. */
  readonly caption: string;
  readonly outline: Outline;
  /** Strokes in a square of 16. */
  readonly icon: string;
  /** The hue of fill, line and text, in degrees; absent: grey. */
  readonly hue?: number;
}

export const looks: Readonly<Record<NodeDef['kind'], Look>> = {
  function: {
    caption: 'function',
    outline: 'box',
    icon: 'M11.5 3.4C9.3 2.4 8 3.4 7.7 5.4L6.6 11.6C6.3 13.3 5.2 13.8 3.8 13.1M4.9 7.2H10.4',
    hue: 214,
  },
  set: { caption: 'set', outline: 'note', icon: 'M3.2 6H12.8M3.2 10H12.8' },
  llm: {
    caption: 'model',
    outline: 'soft',
    icon: 'M7.2 2.6L8.7 6.5L12.6 8L8.7 9.5L7.2 13.4L5.7 9.5L1.8 8L5.7 6.5ZM12.6 1.8V5M11 3.4H14.2',
    hue: 266,
  },
  agent: {
    caption: 'agent',
    outline: 'soft',
    icon: 'M3.2 5.6H12.8V12.6H3.2ZM8 5.6V3M6.9 2.4H9.1M5.8 8.4V9.4M10.2 8.4V9.4M1.8 8.2V10.2M14.2 8.2V10.2',
    hue: 282,
  },
  turn: { caption: 'model', outline: 'soft', icon: 'M7.2 2.6L8.7 6.5L12.6 8L8.7 9.5L7.2 13.4L5.7 9.5L1.8 8L5.7 6.5Z' },
  call: { caption: 'tool call', outline: 'box', icon: 'M3.2 8H12.8M9.6 4.8L12.8 8L9.6 11.2' },
  router: {
    caption: 'router',
    outline: 'hexagon',
    icon: 'M1.8 8H5.6L11.4 3.6M5.6 8L11.4 12.4M8.8 3.2H12.2V6.4M8.8 12.8H12.2V9.6',
    hue: 318,
  },
  graph: { caption: 'graph', outline: 'double', icon: 'M2.4 2.4H8.6V8.6H2.4ZM8.6 5.5H13.6V13.6H5.5V8.6', hue: 150 },
  tool: {
    caption: 'tool',
    outline: 'box',
    icon: 'M9.2 3.4A3.4 3.4 0 0 1 13.3 7.4L10.9 8.1L8 11L5.2 13.7A1.6 1.6 0 0 1 2.6 11.2L8.2 5.6ZM9.2 3.4L11 5.4L13 4.9',
    hue: 12,
  },
  http: {
    caption: 'http',
    outline: 'box',
    icon: 'M8 2A6 6 0 1 1 8 14A6 6 0 1 1 8 2ZM2.2 8H13.8M8 2C10.4 3.8 10.9 6 10.9 8S10.4 12.2 8 14M8 2C5.6 3.8 5.1 6 5.1 8S5.6 12.2 8 14',
    hue: 172,
  },
  machine: {
    caption: 'machine',
    outline: 'double',
    icon: 'M2 5.2H7V10.2H2ZM9.4 8.6H14.2V13.4H9.4ZM7 6.4H11.8V8.6M9.4 11.6H4.4V10.2',
    hue: 238,
  },
  map: {
    caption: 'for each',
    outline: 'stack',
    icon: 'M2.4 6.4H9.6V13.6H2.4ZM4.6 6.4V4.2H11.8V11.4H9.6M6.8 4.2V2H14V9.2H11.8',
    hue: 88,
  },
  interrupt: {
    caption: 'person',
    outline: 'cut',
    icon: 'M8 2.2A2.7 2.7 0 1 1 8 7.6A2.7 2.7 0 1 1 8 2.2ZM2.8 13.8C3.2 10.9 5.3 9.6 8 9.6S12.8 10.9 13.2 13.8',
    hue: 38,
  },
  wait: {
    caption: 'wait',
    outline: 'pill',
    icon: 'M8 2A6 6 0 1 1 8 14A6 6 0 1 1 8 2ZM8 4.6V8.2L10.5 9.8',
    hue: 186,
  },
};
