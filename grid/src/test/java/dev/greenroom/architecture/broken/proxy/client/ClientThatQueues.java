package dev.greenroom.architecture.broken.proxy.client;

import dev.greenroom.architecture.broken.proxy.queue.QueueThatAuthorizes;

record ClientThatQueues(QueueThatAuthorizes queue) {}
