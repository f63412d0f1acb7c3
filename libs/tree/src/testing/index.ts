export { naiveRoot } from './naive-root.ts';
export { FakeNode, SharedFake } from './shared-fake.ts';
