package dev.greenroom.architecture.broken.worker;

import dev.greenroom.architecture.broken.proxy.Proxy;

record WorkerThatKnowsProxies(Proxy proxy) {}
