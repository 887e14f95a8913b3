package dev.greenroom.architecture.broken.proxy.backend;

import dev.greenroom.architecture.broken.proxy.ending.Ending;

public record BackendThatEnds(Ending ending) {}
