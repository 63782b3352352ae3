import './policies-mutations.test';
