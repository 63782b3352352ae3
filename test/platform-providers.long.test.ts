// The same laws with all their runs (test/runs.ts).
import './platform-providers.test';
