import './policies-judge.test';
