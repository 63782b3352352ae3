import { AviaryApp } from './lib/app';

// All that services.json gives. Charts, checks and changes of your own come between these lines: docs/extending.md.
const app = new AviaryApp();
app.synth();
