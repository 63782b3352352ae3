import './incremental.test';
