/** The style sheet of a drawing. Colours are written out, light and dark: many viewers know no CSS variables. */
import { looks } from './looks.ts';

const SANS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif';
const MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace';

interface Theme {
  readonly page: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly group: string;
  readonly groupLine: string;
  readonly label: string;
  readonly error: string;
  readonly limit: string;
  /** Fill, line and strong text of a kind with this hue. */
  tint(hue: number | undefined): { fill: string; line: string; strong: string; badge: string };
}

const LIGHT: Theme = {
  page: '#fbfcfd',
  ink: '#1b2430',
  quiet: '#5a6675',
  line: '#7a8696',
  group: '#f1f4f8',
  groupLine: '#d3dbe5',
  label: '#fbfcfd',
  error: '#c2362b',
  limit: '#a05c00',
  tint: hue =>
    hue === undefined
      ? { fill: '#ffffff', line: '#8d99a8', strong: '#566273', badge: '#e9edf2' }
      : {
          fill: '#ffffff',
          line: `hsl(${hue} 45% 56%)`,
          strong: `hsl(${hue} 62% 34%)`,
          badge: `hsl(${hue} 66% 93%)`,
        },
};

const DARK: Theme = {
  page: '#11161d',
  ink: '#e8edf3',
  quiet: '#9ba8b7',
  line: '#7d8a9a',
  group: '#171e27',
  groupLine: '#2d3846',
  label: '#11161d',
  error: '#ff8a7d',
  limit: '#e5ac5a',
  tint: hue =>
    hue === undefined
      ? { fill: '#1d2530', line: '#6b7888', strong: '#b3bfcc', badge: '#2b3542' }
      : {
          fill: '#1d2530',
          line: `hsl(${hue} 36% 52%)`,
          strong: `hsl(${hue} 62% 78%)`,
          badge: `hsl(${hue} 30% 24%)`,
        },
};

function themeRules(theme: Theme): string {
  const { page, ink, quiet, line, group, groupLine, label, error, limit } = theme;
  const kinds = Object.entries(looks).flatMap(([kind, { hue }]) => {
    const { fill, line: edge, strong, badge } = theme.tint(hue);
    return [
      `.${kind} .box{fill:${fill};stroke:${edge}}`,
      `.${kind} .badge{fill:${badge}}`,
      `.${kind} .icon{stroke:${strong}}`,
      `.${kind} .caption{fill:${strong}}`,
      `.${kind} .chip rect{stroke:${edge}}`,
    ];
  });
  return [
    `.page{fill:${page}}`,
    `.name,.heading{fill:${ink}}`,
    `.about,.subheading,.chip text{fill:${quiet}}`,
    `.chip rect{fill:${page}}`,
    `.group rect{fill:${group};stroke:${groupLine}}`,
    `.group text{fill:${quiet}}`,
    `.edge path{stroke:${line}}`,
    `.edge polygon,.edge circle{fill:${line}}`,
    `.label rect{fill:${label};stroke:${groupLine}}`,
    `.label text{fill:${ink}}`,
    `.label .word{fill:${quiet}}`,
    `.error path{stroke:${error}}`,
    `.error polygon,.error .word{fill:${error}}`,
    `.limit path{stroke:${limit}}`,
    `.limit polygon,.limit .word{fill:${limit}}`,
    `.end-mark{fill:${page};stroke:${ink}}`,
    `.start-mark{fill:${ink};stroke:${ink}}`,
    `.start .name{fill:${page}}`,
    ...kinds,
  ].join('');
}

const SHAPE = [
  `text{font-family:${SANS}}`,
  '.heading{font-size:17px;font-weight:650}',
  '.subheading{font-size:12px}',
  '.name{font-size:13.5px;font-weight:600}',
  '.caption{font-size:9.5px;font-weight:600;letter-spacing:.07em;text-transform:uppercase}',
  '.about{font-size:11px}',
  '.chip text{font-size:9.5px;font-weight:600}',
  '.group text{font-size:10px}',
  '.group rect{stroke-width:1}',
  '.box{stroke-width:1.4}',
  '.icon{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}',
  '.edge path{fill:none;stroke-width:1.5}',
  `.label text{font-family:${MONO};font-size:11px}`,
  `.label .word{font-family:${SANS};font-size:11px;font-style:italic}`,
  '.label rect{stroke-width:.75}',
  '.error path,.limit path{stroke-dasharray:5 4}',
  '.start-mark,.end-mark{stroke-width:1.6}',
  '.ends .name{font-size:11px;font-weight:700;letter-spacing:.06em}',
].join('');

/** Rules under the drawing's own class, so that they do not reach what stands around it on a page. */
function scoped(rules: string): string {
  return rules.replace(/([^{}]+)\{/g, (_, selectors: string) => {
    const own = selectors.split(',').map(s => `.statewright ${s}`);
    return `${own.join(',')}{`;
  });
}

export function styleSheet(): string {
  return `${scoped(SHAPE)}${scoped(themeRules(LIGHT))}@media (prefers-color-scheme:dark){${scoped(themeRules(DARK))}}`;
}
