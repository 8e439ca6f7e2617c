import type { Plan } from '../compile/plan.ts';
import { layOut } from './svg/layout.ts';
import { pictureOf } from './svg/picture.ts';
import { render } from './svg/render.ts';

/**
 * Draws a plan as a self-contained SVG, light or dark as the reader's system is. The same plan gives the same bytes.
 *
 * Its layout library loads when it is first used; nothing is measured with a font, so no browser is needed.
 */
export async function toSvg(plan: Plan): Promise<string> {
  const picture = pictureOf(plan);
  return render(picture, await layOut(picture));
}
