// node parse.mjs PACKAGES DIAGRAM… tells of each diagram whether Mermaid's parser reads it. PACKAGES is a folder with the npm packages
// mermaid and jsdom.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const [packages, ...diagrams] = process.argv.slice(2);
const load = async file => import(pathToFileURL(`${packages}/node_modules/${file}`));
const {JSDOM} = createRequire(`${packages}/`)('jsdom');
globalThis.window = new JSDOM('').window; // which it needs, although it draws nothing
globalThis.document = window.document;
const {default: mermaid} = await load('mermaid/dist/mermaid.core.mjs');
for (const diagram of diagrams) {
  const text = readFileSync(diagram, 'utf8');
  try {
    const {diagramType} = await mermaid.parse(text);
    if (text.length > mermaid.mermaidAPI.getConfig().maxTextSize) {
      throw new Error('it is too long to be drawn');
    }
    console.log(`${diagram}: ${diagramType === 'sequence' ? 'ok' : diagramType}`);
  } catch (error) {
    console.log(`${diagram}: ${error.message}`);
  }
}
