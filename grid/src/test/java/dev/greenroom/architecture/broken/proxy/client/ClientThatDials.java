package dev.greenroom.architecture.broken.proxy.client;

import dev.greenroom.architecture.broken.proxy.backend.BackendThatEnds;

record ClientThatDials(BackendThatEnds backend) {}
