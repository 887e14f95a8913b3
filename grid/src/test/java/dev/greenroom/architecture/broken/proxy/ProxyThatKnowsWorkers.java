package dev.greenroom.architecture.broken.proxy;

import dev.greenroom.architecture.broken.worker.Worker;

record ProxyThatKnowsWorkers(Worker worker) {}
