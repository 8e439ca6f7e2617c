/** English words that say nothing about what a text is about. */
const LIST = `
a about above across after again against all almost already also although always am among an and another any anything
are around as ask at available away back based be became because become been before being below best better between
both but by call called can cannot case cases certain come comes common could current currently default did different
do does doesn doing don done down due during each easily easy either else end enough etc even every everything example
examples except false far few file files find first fixme following follows for found from full further general get
gets getting give given gives go goes going good got great had has have having he help helps her here hers him his how
however i if in include included includes including information instead into is isn it its itself just keep kind know
known large last later least left less let like likely list little long look lot made main make makes making many may
me mean means might more most much multiple must my name names need needed needs never new next no non none nor not
note nothing now number of off often old on once one ones only onto open or order other others otherwise our out over
own part particular per place please point possible probably provide provided provides put rather read really related
require required requires right run running runs same say see seem seen set sets several shall she should show shown
shows similar simple simply since single small so some something sometimes specific still such sure take taken takes
tbd than that the their them themselves then there therefore these they thing things this those though three through
thus time to today todo together too toward true try two type under unless until up upon us use used useful user uses
using usually value values various very via want was way ways we well were what when where whether which while who
whole whose why will with within without won work works would write written xxx yes yet you your yours
`;

const words = new Set(LIST.split(/\s+/));

export function isStopWord(word: string): boolean {
  return words.has(word.replace(/['’].*$/, ''));
}
