#!/usr/bin/env node
// The cdk8s app: what cdk8s.yaml names and `npx cdk8s synth` runs.
require('./launch').launch('app');
