package dev.greenroom.architecture.broken.proxy.queue;

import dev.greenroom.architecture.broken.proxy.access.Authorized;

public record QueueThatAuthorizes(Authorized client) {}
