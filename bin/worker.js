// A thread that builds units for the process that started it.
require('./launch').launchWorker();
