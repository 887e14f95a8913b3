package dev.greenroom.architecture.broken.proxy.ending;

public record Ending(String cause) {}
