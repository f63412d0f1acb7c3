// Properties are tried on the same cases in every run, so that what passed here passes elsewhere.
// PROPERTY_SEED=N tries others: a case it finds becomes a test of its own.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });
